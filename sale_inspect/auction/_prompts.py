"""The prompts, one markdown file each, with their fields and a version that goes to the record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template

from sale_inspect._errors import OptionError

__all__ = ["PROMPT_NAMES", "Prompt", "Prompts", "packaged_prompts", "prompt", "prompt_versions", "read_prompts"]

PROMPT_NAMES = ("task", "bid", "jury", "jury_retry", "panel", "panel_retry", "refine", "pair", "execute", "answer")

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
    """Version of every packaged prompt, by name."""
    return packaged_prompts().versions()


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompts:
    """The prompts of an auction: those of the package, or of a user's folder where it has them.

    Attributes:
        by_name: One for each of `PROMPT_NAMES`.
    """

    by_name: Mapping[str, Prompt]

    def __getitem__(self, name: str) -> Prompt:
        """The prompt of a name."""
        return self.by_name[name]

    def versions(self) -> dict[str, str]:
        """Version of every prompt, by name, for the record."""
        return {name: self.by_name[name].version for name in PROMPT_NAMES}

    def unlike_packaged(self) -> tuple[str, ...]:
        """Names of prompts by which simulated agents could not tell what they are asked.

        They know a call by the package's headings, the task by the text around it, and a plan by the text before it.
        """
        known = packaged_prompts()
        whole = [name for name in ("task", "execute") if self[name].text != known[name].text]
        headed = ("bid", "jury", "panel", "refine", "answer")
        return (*whole, *(name for name in headed if _heading(self[name]) != _heading(known[name])))


@cache
def packaged_prompts() -> Prompts:
    """The prompts that come with the package."""
    return Prompts(by_name={name: prompt(name) for name in PROMPT_NAMES})


def read_prompts(folder: Path) -> Prompts:
    """The prompts of a folder, `NAME.md` for any of `PROMPT_NAMES`; those that it lacks are the package's.

    Each has exactly the fields of the package's prompt of that name (`$task`), so that nothing of what the auction says
    is lost.

    Args:
        folder: The folder. Files that do not end in `.md`, and names that begin with a dot, are not read.

    Raises:
        OptionError: If there is no such folder, it holds no prompt, a file is no prompt's, or its fields are not those
            of the prompt.
    """
    if not folder.is_dir():
        raise OptionError(f"prompts: there is no folder {folder}. Give a folder of files such as bid.md.")
    paths = sorted(path for path in folder.glob("*.md") if not path.name.startswith("."))
    if not paths:
        raise OptionError(f"prompts: {folder} has no prompt. Files are called {', '.join(_files())}.")
    own = {path.stem: _read(path) for path in paths}
    return Prompts(by_name={**packaged_prompts().by_name, **own})


def _files() -> list[str]:
    return [f"{name}.md" for name in PROMPT_NAMES]


def _heading(prompt: Prompt) -> str:
    return next((line for line in prompt.text.splitlines() if line.startswith("# ")), "")


def _read(path: Path) -> Prompt:
    if path.stem not in PROMPT_NAMES:
        raise OptionError(f"prompts: {path} is no prompt of an auction. There are: {', '.join(_files())}.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"prompts: {path} cannot be read as text: {error}.") from error
    if not Template(text).is_valid():
        raise OptionError(f"prompts: {path} has a $ that begins no field. Write $$ for a dollar sign.")
    own, needed = Prompt(name=path.stem, text=text, origin="the user's"), prompt(path.stem).fields
    if missing := sorted(needed - own.fields):
        raise OptionError(f"prompts: {path} lacks the field ${missing[0]}. It needs {_fields(needed)}.")
    if unknown := sorted(own.fields - needed):
        raise OptionError(f"prompts: {path} has the unknown field ${unknown[0]}. It can have {_fields(needed)}.")
    return own


def _fields(names: frozenset[str]) -> str:
    return ", ".join(f"${name}" for name in sorted(names))
