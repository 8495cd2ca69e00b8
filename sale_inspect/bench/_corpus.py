"""A local corpus that agents search and read: BM25 over titled pages."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sale_inspect._errors import BenchError

__all__ = ["Corpus", "Page", "SearchHit", "read_pages"]

_SNIPPET_WORDS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page of the corpus."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchHit:
    """A search result: the page's title and its first words."""

    title: str
    snippet: str


class Corpus:
    """Pages with a BM25 index (the bm25s library), made at the first search.

    Args:
        pages: The pages; titles must be unique.

    Raises:
        BenchError: If there are no pages or a title stands twice.
    """

    def __init__(self, pages: Iterable[Page]) -> None:
        self._pages = list(pages)
        self._by_title: dict[str, Page] = {}
        if not self._pages:
            raise BenchError("The corpus has no pages.")
        for page in self._pages:
            if page.title.casefold() in self._by_title:
                raise BenchError(f"The corpus has two pages titled {page.title!r}; titles must be unique.")
            self._by_title[page.title.casefold()] = page

    def __len__(self) -> int:
        """Number of pages."""
        return len(self._pages)

    @property
    def titles(self) -> list[str]:
        """Titles in the corpus's order."""
        return [page.title for page in self._pages]

    @cached_property
    def _index(self) -> Any:
        import bm25s

        index = bm25s.BM25()
        # The title counts twice: a person looks at titles first.
        texts = [f"{page.title} {page.title} {page.text}" for page in self._pages]
        index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
        return index

    def search(self, query: str, count: int = 8) -> list[SearchHit]:
        """The pages that match best, best first; none if no word matches."""
        import bm25s

        tokens = bm25s.tokenize([query], stopwords="en", show_progress=False, return_ids=False)
        if not tokens[0]:
            return []
        found, scores = self._index.retrieve(tokens, k=min(count, len(self._pages)), show_progress=False)
        rows = [int(row) for row, score in zip(found[0], scores[0], strict=True) if score > 0]
        return [self._hit(self._pages[row]) for row in rows]

    def page(self, title: str) -> Page | None:
        """The page with this title, whatever its case."""
        return self._by_title.get(title.strip().casefold())

    def similar_titles(self, title: str, count: int = 5) -> list[str]:
        """Titles spelt much like `title`."""
        near = difflib.get_close_matches(title.casefold(), self._by_title, n=count, cutoff=0.5)
        return [self._by_title[key].title for key in near]

    def _hit(self, page: Page) -> SearchHit:
        words = page.text.split()
        dots = " ..." if len(words) > _SNIPPET_WORDS else ""
        return SearchHit(title=page.title, snippet=" ".join(words[:_SNIPPET_WORDS]) + dots)


def read_pages(text: str, where: str) -> list[Page]:
    """Pages from JSON lines with `title` and `text`.

    Raises:
        BenchError: Naming file and line of the first fault.
    """
    pages = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            pages.append(Page(title=str(data["title"]), text=str(data["text"])))
        except (ValueError, KeyError, TypeError) as error:
            raise BenchError(f"{where}, line {number}: needs `title` and `text`: {error!r}.") from error
    return pages
