"""`sale-inspect bench corpus`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import say
from sale_inspect._edge import clean_errors
from sale_inspect._files import make_folder, open_new_text
from sale_inspect._results import check_result
from sale_inspect.bench import Corpus, merge_pages, pages_in

__all__ = ["corpus"]

_PAGES = "pages.jsonl"


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILES..."
)
@options.output(required=True, holds="files")
def corpus(files: tuple[Path, ...], output: Path) -> None:
    """Make a corpus for offline deep search.

    FILES are HotpotQA files whose questions have their paragraphs (`context`), or files of `title`
    and `text`: .jsonl, .jsonl.gz, .json lists, .parquet. Pages that stand in several files are
    written once; another text under a used title becomes `Title [2]`. The same FILES give the same
    corpus, whose hash is shown. -o names a folder, which gets the file pages.jsonl.

    \b
      sale-inspect bench corpus hotpot_dev_distractor_v1.json -o pages
      inspect eval sale_inspect/hst_deep_search -T corpus=pages \\
        -T sources=hotpotqa
    """  # noqa: D301 - click reads \b
    target = output / _PAGES
    with clean_errors():
        check_result(target)
        merged = merge_pages(page for path in files for page in pages_in(path))
        made = Corpus(merged.pages)
    with clean_errors():
        make_folder(output)
    with clean_errors(), open_new_text(target) as file:
        for page in merged.pages:
            file.write(json.dumps({"title": page.title, "text": page.text}, ensure_ascii=False) + "\n")
    say(f"wrote {target}: {len(made)} pages, sha256 {made.sha256}")
    say(f"{merged.repeated} repeated pages merged, {len(merged.renamed)} renamed (another text, the same title)")
