"""Web search by one provider for all agents, in one shape."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import anyio
import httpx
from anyio.lowlevel import current_token
from inspect_ai.tool import ContentText, Tool, UrlCitation, web_search
from inspect_ai.util import concurrency

from sale_inspect._errors import BenchError, MissingRequirementError

__all__ = ["PROVIDERS", "SearchResult", "WebSearch", "require_provider", "web_searcher"]

_KEYS = {
    "tavily": ("TAVILY_API_KEY",),
    "exa": ("EXA_API_KEY",),
    "google": ("GOOGLE_CSE_API_KEY", "GOOGLE_CSE_ID"),
}
PROVIDERS = tuple(_KEYS)
"""Providers that answer every model alike."""

_OF_A_MODEL = ("openai", "anthropic", "gemini", "grok", "mistral", "perplexity")
_GOOGLE = "https://customsearch.googleapis.com/customsearch/v1"
_GOOGLE_MOST = 10
_EXCERPT_CHARS = 500
_BUSY = (429, 500, 502, 503, 504)
_WAITS = (2.0, 4.0, 8.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchResult:
    """One page that was found.

    Attributes:
        title: Its title.
        address: Its address.
        excerpt: Words from it, at most 500 characters.
    """

    title: str
    address: str
    excerpt: str


WebSearch = Callable[[str], Awaitable[list[SearchResult]]]
"""From a query to the pages that were found."""


def require_provider(provider: str) -> None:
    """Check a provider's name and keys before a run.

    Raises:
        BenchError: If it is no provider that answers every model alike.
        MissingRequirementError: If a key is not set, naming the environment variable.
    """
    if provider in _OF_A_MODEL:
        raise BenchError(
            f"search={provider} works only with {provider}'s own models, and its cost and results would differ between "
            f"agents, so that their comparison would not be fair. Use one of {', '.join(PROVIDERS)}."
        )
    if provider not in _KEYS:
        raise BenchError(f"search: unknown provider {provider!r}. There are: {', '.join(PROVIDERS)}.")
    missing = [name for name in _KEYS[provider] if not os.environ.get(name)]
    if missing:
        raise MissingRequirementError(
            f"search={provider} needs the environment variable{'s' * (len(missing) > 1)} {' and '.join(missing)}. "
            f"Set {'them' if len(missing) > 1 else 'it'}, or search a local corpus with corpus=DIR."
        )


def web_searcher(provider: str, results: int) -> WebSearch:
    """A search by a provider.

    Tavily and Exa are asked through Inspect's `web_search`. Of their replies only the pages are kept:
    both also send an answer that a model of theirs wrote, which would be an agent that nobody prices.
    Google is asked directly, because Inspect lets the evaluated model judge each page that Google
    finds: that would cost tokens of one agent for the search of another.

    Args:
        provider: One of `PROVIDERS`.
        results: Most pages of a search.
    """
    return _google(results) if provider == "google" else _inspects(provider, results)


def _inspects(provider: str, results: int) -> WebSearch:
    options: dict[str, Any] = {"tavily": {"max_results": results}}.get(provider, {})
    # Inspect's tool keeps a client with open connections, which end with the event loop they began in. The loop is
    # kept beside the tool, so that no later loop can be taken for it.
    kept: list[tuple[object, Tool]] = []

    async def search(query: str) -> list[SearchResult]:
        token = current_token()
        loop = getattr(token, "native_token", token)
        if not kept or kept[0][0] is not loop:
            kept[:] = [(loop, web_search(cast(Any, {provider: options})))]
        return list(_cited(await kept[0][1](query)))[:results]

    return search


def _cited(answer: object) -> Iterator[SearchResult]:
    for content in answer if isinstance(answer, list) else [answer]:
        for each in (content.citations or ()) if isinstance(content, ContentText) else ():
            if isinstance(each, UrlCitation):
                cited = each.cited_text if isinstance(each.cited_text, str) else ""
                yield _result(each.title or "", each.url, cited)


def _google(results: int) -> WebSearch:
    async def search(query: str) -> list[SearchResult]:
        asked = {"q": query, "cx": os.environ.get("GOOGLE_CSE_ID", ""), "num": str(min(results, _GOOGLE_MOST))}
        # In a header, not in the address: addresses get into error messages and logs.
        headers = {"X-Goog-Api-Key": os.environ.get("GOOGLE_CSE_API_KEY", "")}
        async with concurrency("google_search", 10), httpx.AsyncClient(timeout=30) as client:
            answer = await _asked(client, asked, headers)
        items = answer.get("items") if isinstance(answer, dict) else None
        return [
            _result(item.get("title"), item["link"], item.get("snippet"))
            for item in (items if isinstance(items, list) else ())
            if isinstance(item, dict) and isinstance(item.get("link"), str)
        ]

    return search


async def _asked(client: httpx.AsyncClient, asked: dict[str, str], headers: dict[str, str]) -> object:
    """What the provider sent as JSON; ValueError if it sent something else."""
    response = await client.get(_GOOGLE, params=asked, headers=headers)
    for seconds in _WAITS:
        if response.status_code not in _BUSY:
            break
        await anyio.sleep(seconds)
        response = await client.get(_GOOGLE, params=asked, headers=headers)
    if not response.is_success:
        raise MissingRequirementError(
            f"Google's search answered with status {response.status_code}. Check GOOGLE_CSE_API_KEY, GOOGLE_CSE_ID and "
            f"the quota of the key."
        )
    return response.json()


def _result(title: object, address: str, excerpt: object) -> SearchResult:
    """A result from what a provider sent, which may be anything."""
    words = " ".join(excerpt.split()) if isinstance(excerpt, str) else ""
    dots = " ..." if len(words) > _EXCERPT_CHARS else ""
    name = " ".join(title.split())[:200] if isinstance(title, str) else ""
    return SearchResult(title=name, address=address, excerpt=words[:_EXCERPT_CHARS] + dots)
