"""A local corpus that agents search and read: BM25 over titled pages."""

from __future__ import annotations

import difflib
import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sale_inspect._bounds import json_value
from sale_inspect._errors import BenchError

__all__ = ["Corpus", "CorpusPage", "SearchHit", "clean", "page_of", "read_pages"]

_SNIPPET_WORDS = 30
_SNIPPET_CHARS = 300
_SPELLING_CANDIDATES = 50
_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusPage:
    """A page of the corpus."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchHit:
    """A search result: the page's title and its first words."""

    title: str
    snippet: str


class _Once(Generic[_Value]):
    """A value that is made at its first use, once, whatever the number of threads that ask for it."""

    def __init__(self, make: Callable[[], _Value]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[_Value] = []

    def __call__(self) -> _Value:
        with self._lock:
            if not self._made:
                self._made.append(self._make())
        return self._made[0]


class Corpus:
    """Pages with a BM25 index (the bm25s library), made at the first search.

    Threads may search at the same time; the index is made once.

    Args:
        pages: The pages; titles must be unique.

    Raises:
        BenchError: If there are no pages or a title stands twice.
    """

    def __init__(self, pages: Iterable[CorpusPage]) -> None:
        self._pages = list(pages)
        self._by_title: dict[str, CorpusPage] = {}
        if not self._pages:
            raise BenchError("The corpus has no pages.")
        for page in self._pages:
            if page.title.casefold() in self._by_title:
                raise BenchError(f"The corpus has two pages titled {page.title!r}; titles must be unique.")
            self._by_title[page.title.casefold()] = page
        self._words = _Once(self._word_index)
        self._spelling = _Once(self._spelling_index)
        self._sha256 = _Once(self._hash)

    def __len__(self) -> int:
        """Number of pages."""
        return len(self._pages)

    @property
    def titles(self) -> list[str]:
        """Titles in the corpus's order."""
        return [page.title for page in self._pages]

    @property
    def sha256(self) -> str:
        """A hash of the pages in their order, in hex, for the log.

        It does not depend on the files that the pages were read from, nor on how JSON was spelt there.
        """
        return self._sha256()

    def search(self, query: str, count: int = 8) -> list[SearchHit]:
        """The pages that match best, best first; none if no word matches."""
        import bm25s

        tokens = bm25s.tokenize([query], stopwords="en", show_progress=False, return_ids=False)
        return [self._hit(self._pages[row]) for row in _best(self._words(), tokens[0], count, len(self))]

    def page(self, title: str) -> CorpusPage | None:
        """The page with this title, whatever its case."""
        return self._by_title.get(title.strip().casefold())

    def similar_titles(self, title: str, count: int = 5) -> list[str]:
        """Titles spelt much like `title`, most alike first.

        Difflib compares spellings, but takes seconds for tens of thousands of titles; so it sees only
        the titles that share most groups of three letters with `title` (BM25 again).
        """
        wanted = title.strip().casefold()
        keys = list(self._by_title)
        rows = _best(self._spelling(), _trigrams(wanted), _SPELLING_CANDIDATES, len(keys))
        near = difflib.get_close_matches(wanted, [keys[row] for row in rows], n=count, cutoff=0.5)
        return [self._by_title[key].title for key in near]

    def _word_index(self) -> Any:
        import bm25s

        # The title counts twice: a person looks at titles first.
        texts = [f"{page.title} {page.title} {page.text}" for page in self._pages]
        return _indexed(bm25s.tokenize(texts, stopwords="en", show_progress=False))

    def _spelling_index(self) -> Any:
        return _indexed([_trigrams(key) for key in self._by_title])

    def _hash(self) -> str:
        digest = hashlib.sha256()
        for page in self._pages:
            digest.update(json.dumps([page.title, page.text]).encode())
            digest.update(b"\n")
        return digest.hexdigest()

    def _hit(self, page: CorpusPage) -> SearchHit:
        words = page.text.split()
        snippet = " ".join(words[:_SNIPPET_WORDS])
        # Some scripts have no spaces between words, so that words alone bound nothing.
        dots = " ..." if len(words) > _SNIPPET_WORDS or len(snippet) > _SNIPPET_CHARS else ""
        return SearchHit(title=page.title, snippet=snippet[:_SNIPPET_CHARS] + dots)


def _indexed(tokens: Any) -> Any:
    import bm25s

    index = bm25s.BM25()
    index.index(tokens, show_progress=False)
    return index


def _best(index: Any, tokens: Sequence[str], count: int, size: int) -> list[int]:
    if not tokens:
        return []
    found, scores = index.retrieve([list(tokens)], k=min(count, size), show_progress=False)
    return [int(row) for row, score in zip(found[0], scores[0], strict=True) if score > 0]


def _trigrams(text: str) -> list[str]:
    padded = f" {text} "
    return [padded[start : start + 3] for start in range(len(padded) - 2)]


def page_of(data: Any, where: str) -> CorpusPage:
    """A page from a decoded JSON object with `title` and `text`; other fields are ignored.

    Args:
        data: The object.
        where: File and line, for the error.

    Raises:
        BenchError: Naming `where` and the field that is missing, empty or no text.
    """
    if not isinstance(data, dict):
        raise BenchError(f"{where}: needs `title` and `text`: is a JSON {type(data).__name__}, not an object.")
    for field in ("title", "text"):
        value = data.get(field)
        if not isinstance(value, str) or not value.strip():
            found = "is missing" if field not in data else f"must be a text that is not empty, is {value!r:.60}"
            raise BenchError(f"{where}: needs `title` and `text`: `{field}` {found}.{_hint(data)}")
    return CorpusPage(title=clean(data["title"]), text=clean(data["text"]))


def clean(text: str) -> str:
    """A text without white space around it and without the halves of characters that JSON can spell."""
    return text.strip().encode("utf-8", "replace").decode("utf-8")


def _hint(data: dict[str, Any]) -> str:
    if "context" in data:
        return " It looks like a question with its paragraphs: `sale-inspect bench corpus FILE -o DIR` makes pages."
    return ""


def read_pages(text: str, where: str) -> list[CorpusPage]:
    """Pages from JSON lines with `title` and `text`.

    Raises:
        BenchError: Naming file and line of the first fault.
    """
    pages = []
    # Not splitlines(): it also splits at separators that JSON allows inside a text.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                data = json_value(line)
            except ValueError as error:
                message = f"{where}, line {number}: needs `title` and `text` as JSON: {error}."
                raise BenchError(message) from error
            pages.append(page_of(data, f"{where}, line {number}"))
    return pages
