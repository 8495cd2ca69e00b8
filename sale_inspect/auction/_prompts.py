"""The prompts, one markdown file each, with their fields and a version that goes to the record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template

__all__ = ["PROMPT_NAMES", "Prompt", "prompt", "prompt_versions"]

PROMPT_NAMES = ("task", "bid", "jury", "jury_retry", "panel", "panel_retry", "refine", "pair", "execute")

_ORIGIN = "ours: the paper's own prompts are not public"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A prompt template.

    Attributes:
        name: Name of the file without its ending.
        text: The template; fields look like `$task`.
        origin: Where the text is from.
    """

    name: str
    text: str
    origin: str = _ORIGIN

    @property
    def version(self) -> str:
        """First 12 hex digits of the text's SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @property
    def fields(self) -> frozenset[str]:
        """Names of the fields that must be filled."""
        return frozenset(Template(self.text).get_identifiers())

    def fill(self, **values: object) -> str:
        """The prompt with every field filled. Values are inserted as they are, never expanded.

        Raises:
            KeyError: If a field has no value.
        """
        return Template(self.text).substitute(values).strip()


@cache
def prompt(name: str) -> Prompt:
    """The packaged prompt called `name` (one of `PROMPT_NAMES`)."""
    path = files("sale_inspect.auction").joinpath("prompts", f"{name}.md")
    return Prompt(name=name, text=path.read_text(encoding="utf-8"))


def prompt_versions() -> dict[str, str]:
    """Version of every prompt, by name."""
    return {name: prompt(name).version for name in PROMPT_NAMES}
