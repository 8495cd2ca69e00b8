"""Corpora from files: folders of pages, and pages from HotpotQA's questions with their paragraphs."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sale_inspect._bounds import json_value
from sale_inspect._errors import BenchError
from sale_inspect.bench._corpus import Corpus, CorpusPage, clean, page_of
from sale_inspect.bench._files import lines_of, read_rows

__all__ = ["CorpusReport", "Merged", "context_pages", "load_corpus", "merge_pages", "pages_in", "read_corpus"]

_REMEDY = "Make a corpus with `sale-inspect bench corpus FILES -o DIR`."
_SUFFIXES = (".jsonl", ".jsonl.gz", ".json")


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """Pages with unique titles.

    Attributes:
        pages: The pages in the order in which they were first seen.
        repeated: How many pages were left out because title and text were already there.
        renamed: New titles of pages whose title was used by another text, such as `Title [2]`.
    """

    pages: tuple[CorpusPage, ...]
    repeated: int
    renamed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusReport:
    """What was read.

    Attributes:
        files: Names of the files, in the order of reading.
        pages: Pages of the corpus.
        repeated: Pages left out because they were already there.
        renamed: Pages that got another title.
        sha256: Hash of the pages; see `Corpus.sha256`.
    """

    files: tuple[str, ...]
    pages: int
    repeated: int
    renamed: tuple[str, ...]
    sha256: str


def merge_pages(pages: Iterable[CorpusPage]) -> Merged:
    """Pages with unique titles, compared without case.

    A page whose title and text are already there is left out; white space does not count. Another
    text under a used title is kept as `Title [2]`, `Title [3]` and so on, so that no text is lost
    and reading a written corpus gives the same titles again.
    """
    kept: list[CorpusPage] = []
    used: set[str] = set()
    texts: dict[str, set[str]] = {}
    renamed: list[str] = []
    repeated = 0
    for page in pages:
        known = texts.setdefault(page.title.casefold(), set())
        text = " ".join(page.text.split())
        if text in known:
            repeated += 1
            continue
        known.add(text)
        title = _free_title(page.title, used)
        if title != page.title:
            renamed.append(title)
        used.add(title.casefold())
        kept.append(CorpusPage(title=title, text=page.text))
    return Merged(pages=tuple(kept), repeated=repeated, renamed=tuple(renamed))


def _free_title(title: str, used: set[str]) -> str:
    free, number = title, 1
    while free.casefold() in used:
        number += 1
        free = f"{title} [{number}]"
    return free


def read_corpus(folder: Path) -> tuple[Corpus, CorpusReport]:
    """The corpus of a folder.

    Every `*.jsonl` and `*.jsonl.gz` (a JSON object with `title` and `text` on each line) and every
    `*.json` (a list of such objects) of the folder is read, in the order of their names;
    sub-folders are not. Pages with the same title are merged as `merge_pages` says.

    Raises:
        BenchError: If the folder or a file cannot be read, naming file, line, field and remedy.
    """
    files = _files_in(folder)
    merged = merge_pages(page for path in files for data, where in _rows(path) for page in [page_of(data, where)])
    if not merged.pages:
        raise BenchError(f"{folder}: its files have no pages. {_REMEDY}")
    corpus = Corpus(merged.pages)
    return corpus, CorpusReport(
        files=tuple(path.name for path in files),
        pages=len(corpus),
        repeated=merged.repeated,
        renamed=merged.renamed,
        sha256=corpus.sha256,
    )


_loaded: dict[tuple[tuple[str, int, int], ...], tuple[Corpus, CorpusReport]] = {}
_loading = threading.Lock()


def load_corpus(folder: str | Path) -> tuple[Corpus, CorpusReport]:
    """Like `read_corpus`, but a folder is read and indexed once in a process while its files stay the same.

    Raises:
        BenchError: As `read_corpus`.
    """
    path = Path(folder).expanduser().resolve()
    with _loading:
        states = [(each, each.stat()) for each in _files_in(path)]
        key = tuple((str(each), state.st_size, state.st_mtime_ns) for each, state in states)
        if key not in _loaded:
            _loaded[key] = read_corpus(path)
        return _loaded[key]


def _files_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise BenchError(f"{folder}: the corpus must be a folder of .jsonl files with `title` and `text`. {_REMEDY}")
    files = sorted(path for path in folder.iterdir() if path.name.endswith(_SUFFIXES) and path.is_file())
    if not files:
        raise BenchError(f"{folder}: has no .jsonl, .jsonl.gz or .json file. {_REMEDY}")
    return files


def pages_in(path: Path) -> Iterator[CorpusPage]:
    """Pages of one file: rows of `title` and `text`, or of questions with a `context`, also mixed.

    Args:
        path: A .jsonl, .jsonl.gz, .json (a list) or .parquet file.

    Raises:
        BenchError: If the file cannot be read, naming file, line, field and remedy.
    """
    for data, where in _rows(path):
        if isinstance(data, dict) and "context" in data and "text" not in data:
            yield from context_pages(data["context"], where)
        else:
            yield page_of(data, where)


def context_pages(context: Any, where: str) -> Iterator[CorpusPage]:
    """The paragraphs of a HotpotQA question as pages; paragraphs without text are left out.

    Args:
        context: `[[title, [sentence, ...]], ...]` as in the original files, or
            `{"title": [...], "sentences": [[...], ...]}` as on the hub.
        where: File and line, for the error.

    Raises:
        BenchError: If it has neither shape.
    """
    for title, sentences in _paragraphs(context, where):
        valid = isinstance(title, str) and isinstance(sentences, list) and all(isinstance(s, str) for s in sentences)
        if not valid:
            raise BenchError(f"{where}: `context` must hold titles (texts) with their sentences (a list of texts).")
        # Sentences begin with a space in some files and not in others.
        text = " ".join(part for part in (sentence.strip() for sentence in sentences) if part)
        if text and title.strip():
            yield CorpusPage(title=clean(title), text=clean(text))


def _paragraphs(context: Any, where: str) -> list[tuple[Any, Any]]:
    if isinstance(context, dict):
        titles, sentences = context.get("title"), context.get("sentences")
        if isinstance(titles, list) and isinstance(sentences, list) and len(titles) == len(sentences):
            return list(zip(titles, sentences, strict=True))
    elif isinstance(context, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in context):
        return [(pair[0], pair[1]) for pair in context]
    raise BenchError(
        f"{where}: `context` must be a list of [title, sentences] or an object of the lists `title` and `sentences` "
        f"of one length. Use HotpotQA's distractor files."
    )


def _rows(path: Path) -> Iterator[tuple[Any, str]]:
    """Decoded rows with file and line (or the row's number where a file has no lines)."""
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        yield from _lines(path)
        return
    try:
        for number, row in enumerate(read_rows(path), start=1):
            yield row, f"{path}, row {number}"
    except OSError as error:
        raise BenchError(f"{path}: cannot be read: {error}. Get or make the file again.") from error


def _lines(path: Path) -> Iterator[tuple[Any, str]]:
    where = str(path)
    try:
        for number, line in enumerate(lines_of(path), start=1):
            where = f"{path}, line {number}"
            if line.strip():
                yield json_value(line), where
    except UnicodeDecodeError as error:
        raise BenchError(f"{where}: not UTF-8: {error.reason}. Save the file as UTF-8.") from error
    except ValueError as error:
        raise BenchError(f"{where}: not valid JSON: {error}. Each line must be one JSON object.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise BenchError(f"{path}: cannot be read: {error}. Get or make the file again.") from error
