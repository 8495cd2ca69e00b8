"""Labels of choices, as Inspect's `multiple_choice` gives them."""

from __future__ import annotations

import string

__all__ = ["choice_label", "with_choices"]

_LETTERS = string.ascii_uppercase


def choice_label(index: int) -> str:
    """The label of a choice: A to Z for the first 26, then 1, 2, and so on.

    Args:
        index: The choice's place, from 0.
    """
    return _LETTERS[index] if index < len(_LETTERS) else str(index - len(_LETTERS) + 1)


def with_choices(text: str, choices: list[str] | tuple[str, ...]) -> str:
    """A task's text with labelled choices and the form of the answer."""
    lines = "\n".join(f"{choice_label(index)}) {choice}" for index, choice in enumerate(choices))
    return f"{text}\n\n{lines}\n\nEnd your answer with a line of the form: ANSWER: <letter>"
