"""Tools of the deep-search tasks: search and read over a local corpus."""

from __future__ import annotations

from inspect_ai.tool import Tool, ToolError, tool

from sale_inspect.bench import Corpus
from sale_inspect.bench.sources import mini_corpus

__all__ = ["read_page", "search"]


def _corpus() -> Corpus:
    return mini_corpus()


@tool
def search(results: int = 8) -> Tool:
    """Search the local corpus.

    Args:
        results: How many results to show.
    """

    async def execute(query: str) -> str:
        """Search the pages. Returns titles with the first words of each page, best match first.

        Args:
            query: Words to look for.
        """
        hits = _corpus().search(query, results)
        if not hits:
            return "No page matches. Try other words."
        return "\n".join(f"{number}. {hit.title}: {hit.snippet}" for number, hit in enumerate(hits, start=1))

    return execute


@tool
def read_page() -> Tool:
    """Read a page of the local corpus."""

    async def execute(title: str) -> str:
        """Read a page.

        Args:
            title: Title of the page, as search shows it.
        """
        corpus = _corpus()
        page = corpus.page(title)
        if page is None:
            near = corpus.similar_titles(title)
            hint = f" Similar titles: {'; '.join(near)}." if near else ""
            raise ToolError(f"There is no page titled {title!r}.{hint}")
        return f"# {page.title}\n\n{page.text}"

    return execute
