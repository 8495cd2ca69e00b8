"""hst_mini: a small set of the benchmark's shape, written for this package, no download."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sale_inspect.bench._corpus import Corpus, read_pages
from sale_inspect.bench._items import Domain, TaskItem, read_items

__all__ = ["MINI_VERSION", "mini_corpus", "mini_items"]

MINI_VERSION = 1
"""Raised when scores on hst_mini stop being comparable."""


def _read(name: str) -> str:
    return files("sale_inspect.bench").joinpath("data", "hst_mini", name).read_text(encoding="utf-8")


@cache
def mini_items(domain: Domain) -> tuple[TaskItem, ...]:
    """The tasks of one domain. Their human times are estimated; see `sale_inspect.bench.estimated_minutes`."""
    name = f"{domain}.jsonl"
    return tuple(
        read_items(
            _read(name),
            f"hst_mini/{name}",
            domain=domain,
            source="hst_mini",
            tau_provenance="estimated",
            licence="MIT",
        )
    )


@cache
def mini_corpus() -> Corpus:
    """The fictional corpus of the deep-search tasks."""
    return Corpus(read_pages(_read("corpus.jsonl"), "hst_mini/corpus.jsonl"))
