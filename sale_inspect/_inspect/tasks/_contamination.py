"""Whether an agent saw a page of the web that holds its question together with the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from inspect_ai.model import ChatMessage, ChatMessageTool

from sale_inspect.webpages import is_contaminated

__all__ = ["contaminated_pages"]

_PAGE = re.compile(r"^Page: (.+)$", re.MULTILINE)
_RESULT = re.compile(r"^\d+\. ", re.MULTILINE)
_LABEL_CHARS = 200


def contaminated_pages(messages: Sequence[ChatMessage], question: str, answers: Sequence[str]) -> list[str]:
    """Titles and addresses of the pages and search results that hold the question and an accepted answer.

    Parts of a long page count together. See `is_contaminated` for the rule.

    Args:
        messages: The agent's conversation.
        question: The task's question.
        answers: Its accepted answers.
    """
    pages: dict[str, str] = {}
    for label, text in _seen(messages):
        pages[label] = f"{pages.get(label, '')}\n{text}"
    return [label for label, text in pages.items() if is_contaminated(text, question, answers)]


def _seen(messages: Sequence[ChatMessage]) -> Iterator[tuple[str, str]]:
    for message in messages:
        if not isinstance(message, ChatMessageTool) or message.error is not None:
            continue
        if message.function == "read_page" and (page := _PAGE.search(message.text)) is not None:
            yield page[1][:_LABEL_CHARS], message.text[page.end() :]
        elif message.function == "search":
            for result in _RESULT.split(message.text)[1:]:
                yield " ".join(result.split("\n")[:2])[:_LABEL_CHARS], result
