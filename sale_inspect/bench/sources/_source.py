"""The one interface of all sources: where the files are, how their rows read, what a row becomes."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from sale_inspect._errors import BenchError
from sale_inspect.bench._files import AGAIN, Row, git_blob_id, read_rows, sha256_of
from sale_inspect.bench._items import Domain, TaskContent

__all__ = [
    "Candidate",
    "DroppedRow",
    "HubFiles",
    "Layout",
    "PinnedFile",
    "Source",
    "SourceRow",
    "Text",
    "checked",
    "question_id",
    "rows_of",
]

Feature = str | int | float | bool

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""A field of a row that must say something, in whole Unicode; space around it is dropped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A task that a source offers.

    Attributes:
        content: The task.
        features: What the recipe can ask for: the source's split, level, lengths and so on.
        minutes: The published human time in minutes, if the source has one.
    """

    content: TaskContent
    features: Mapping[str, Feature] = field(default_factory=dict)
    minutes: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DroppedRow:
    """A row of a source that cannot be a task, with the reason."""

    item: str
    reason: str


class SourceRow(BaseModel, ABC):
    """A row of a published file. Fields that are not needed are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @abstractmethod
    def candidate(self) -> Candidate | DroppedRow:
        """The task of the row, or why it is none."""


_Model = TypeVar("_Model", bound=BaseModel)


def checked(model: type[_Model], row: Row, where: str) -> _Model:
    """The row as the model reads it.

    Raises:
        BenchError: Naming the place and the field of the first fault.
    """
    try:
        return model.model_validate(row)
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"]) or "row"
        raise BenchError(f"{where}, field `{name}`: {fault['msg']}. {AGAIN}") from error


def rows_of(files: Iterable[Path]) -> Iterator[tuple[str, Row]]:
    """The rows of all files, each with its place: file and row."""
    for path in files:
        for number, row in enumerate(read_rows(path), start=1):
            yield f"{path}, row {number}", row


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """A published form of a source's files.

    Attributes:
        patterns: Glob patterns below the source's folder; each must match.
        row: What a row of it looks like.
        rows: Reads the files that match, in the order of the patterns; gives rows with their place.
        sha256: SHA-256 by file name, where a file is pinned.
        git_blob: Git's blob id by file name, where a file is pinned by that.
        note: What is special about this form, for tables; empty for the original.
        common: Other data sets use the same file names, so it is looked for only in the source's own folder.
    """

    patterns: tuple[str, ...]
    row: type[SourceRow]
    rows: Callable[[tuple[Path, ...]], Iterator[tuple[str, Row]]] = rows_of
    sha256: Mapping[str, str] = field(default_factory=dict)
    git_blob: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    common: bool = False

    def wrong_content(self, path: Path, name: str) -> str:
        """What is wrong with the content of a file that goes by this name; empty if nothing is pinned or wrong."""
        for kind, wanted, hashed in (
            ("SHA-256", self.sha256.get(name), sha256_of),
            ("git blob id", self.git_blob.get(name), git_blob_id),
        ):
            if wanted is not None and (actual := hashed(path)) != wanted:
                return f"{kind} is {actual}, must be {wanted}. The file is damaged or another version."
        return ""

    def read(self, files: tuple[Path, ...]) -> Iterator[Candidate | DroppedRow]:
        """The tasks of the files and the rows that were dropped.

        Raises:
            BenchError: Naming file, row and field of the first row that breaks the schema.
        """
        for where, row in self.rows(files):
            yield checked(self.row, row, where).candidate()


@dataclass(frozen=True, kw_only=True, slots=True)
class HubFiles:
    """Files of a Hugging Face data set at a pinned revision.

    Attributes:
        repo: The data set's id.
        revision: Commit, 40 hex digits.
        patterns: Files to fetch.
        gated: Access must be asked for and needs a token.
        sha256: SHA-256 by name, where it is known. The others are checked against the hub's own index of the revision.
    """

    repo: str
    revision: str
    patterns: tuple[str, ...]
    gated: bool = False
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """Where access is granted."""
        return f"https://huggingface.co/datasets/{self.repo}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PinnedFile:
    """A file at an address; its hash stands in the layout that reads it."""

    address: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A source of tasks.

    Attributes:
        name: How options and ids call it; also the folder of its files below the data folder.
        title: How tables call it.
        domain: Domain of its tasks.
        licence: Licence of its items.
        layouts: Forms of its files, best first.
        downloads: What to fetch where no folder is configured.
        packaged: Gives the tasks of a source that comes with this package.
    """

    name: str
    title: str
    domain: Domain
    licence: str
    layouts: tuple[Layout, ...] = ()
    downloads: tuple[HubFiles | PinnedFile, ...] = ()
    packaged: Callable[[], Iterable[Candidate]] | None = None


def question_id(question: str) -> str:
    """An id for a source that has none, or not in every layout: 12 hex digits of the question's SHA-256 (ours)."""
    return hashlib.sha256(question.strip().encode()).hexdigest()[:12]
