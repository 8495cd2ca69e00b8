"""Corpora from files, and the command that makes them."""

from __future__ import annotations

import gzip
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect import BenchError
from sale_inspect._cli._corpus import corpus as corpus_command
from sale_inspect.bench import CorpusPage
from sale_inspect.bench._corpus_files import context_pages, load_corpus, merge_pages, pages_in, read_corpus


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def row(title: str, text: str) -> dict[str, str]:
    return {"title": title, "text": text}


QUESTION = {"_id": "q1", "question": "Who?", "answer": "A"}
ORIGINAL = [["Lake", ["A lake.", " It is deep."]], ["Bridge", ["Made of iron."]], ["Empty", []]]
HUB = {"title": ["Lake", "Bridge", "Empty"], "sentences": [["A lake.", " It is deep."], ["Made of iron."], []]}
PAGES = [CorpusPage(title="Lake", text="A lake. It is deep."), CorpusPage(title="Bridge", text="Made of iron.")]


def test_all_files_of_a_folder_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text(lines(row("B", "two")), encoding="utf-8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines(row("A", "one")).encode()))
    (tmp_path / "c.json").write_text(json.dumps([row("C", "three")]), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a page", encoding="utf-8")
    (tmp_path / "sub.jsonl").mkdir()
    corpus, report = read_corpus(tmp_path)
    assert corpus.titles == ["A", "B", "C"]
    assert report.files == ("a.jsonl.gz", "b.jsonl", "c.json")
    assert (report.pages, report.repeated, report.renamed) == (3, 0, ())
    assert report.sha256 == corpus.sha256


def test_the_hash_does_not_depend_on_the_division_into_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "all.json").write_text(json.dumps([row("A", "é"), row("B", "b")]), encoding="utf-8")
    (tmp_path / "two" / "1.jsonl").write_text('{"text": "é", "title": "A", "id": 3}\n', encoding="utf-8")
    (tmp_path / "two" / "2.jsonl").write_text(lines(row("B", "b")), encoding="utf-8")
    assert read_corpus(tmp_path / "one")[1].sha256 == read_corpus(tmp_path / "two")[1].sha256


def test_the_same_page_is_merged_and_another_text_under_its_title_is_kept() -> None:
    given_pages = [
        CorpusPage(title="Lake", text="A lake."),
        CorpusPage(title="LAKE", text="A  lake.\n"),
        CorpusPage(title="Lake", text="A song."),
        CorpusPage(title="lake", text="A ship."),
        CorpusPage(title="Lake", text="A song."),
    ]
    merged = merge_pages(given_pages)
    assert [page.title for page in merged.pages] == ["Lake", "Lake [2]", "lake [3]"]
    assert merged.repeated == 2
    assert merged.renamed == ("Lake [2]", "lake [3]")


def test_a_page_whose_own_title_has_a_number_does_not_collide() -> None:
    titles = ["Lake [2]", "Lake", "Lake", "Lake [2]"]
    merged = merge_pages(CorpusPage(title=title, text=str(number)) for number, title in enumerate(titles))
    assert [page.title for page in merged.pages] == ["Lake [2]", "Lake", "Lake [3]", "Lake [2] [2]"]


@given(st.lists(st.builds(lambda t, x: CorpusPage(title=t, text=x), st.sampled_from("aAbB"), st.sampled_from("xyz"))))
def test_merging_loses_no_text_and_merging_again_changes_nothing(pages: list[CorpusPage]) -> None:
    merged = merge_pages(pages)
    assert {(page.title[0].casefold(), page.text) for page in merged.pages} == {
        (page.title.casefold(), page.text) for page in pages
    }
    assert len(merged.pages) + merged.repeated == len(pages)
    assert len({page.title.casefold() for page in merged.pages}) == len(merged.pages)
    again = merge_pages(merged.pages)
    assert again.pages == merged.pages and not again.repeated and not again.renamed


@pytest.mark.parametrize("context", [ORIGINAL, HUB])
def test_paragraphs_of_a_question_become_pages_in_both_layouts(context: Any) -> None:
    assert list(context_pages(context, "f")) == PAGES


@pytest.mark.parametrize(
    "context",
    [None, "text", 7, [["Lake"]], [["Lake", "text"]], [[1, ["a"]]], [["Lake", ["a", None]]], {"title": ["Lake"]},
     {"title": ["A", "B"], "sentences": [["a"]]}],
)  # fmt: skip
def test_a_context_of_another_shape_is_refused_with_its_place(context: Any) -> None:
    with pytest.raises(BenchError, match=r"^f, line 3: `context` must"):
        list(context_pages(context, "f, line 3"))


def test_pages_are_read_from_every_format(tmp_path: Path) -> None:
    original, hub = {**QUESTION, "context": ORIGINAL}, {**QUESTION, "context": HUB}
    (tmp_path / "hotpot_dev_distractor_v1.json").write_text(json.dumps([original]), encoding="utf-8")
    (tmp_path / "lines.jsonl").write_text(lines(original), encoding="utf-8")
    (tmp_path / "hub.jsonl").write_text(lines(hub), encoding="utf-8")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([hub]), tmp_path / "validation-00000-of-00001.parquet")
    for path in tmp_path.iterdir():
        assert list(pages_in(path)) == PAGES, path.name


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"title": "A", "text": "b"}\n\n{"title": "B"}\n', "a.jsonl, line 3: needs `title` and `text`"),
        ("a.jsonl", b'{"title": "A", "text": "b"}\n{"tit', "a.jsonl, line 2: not valid JSON"),
        ("a.jsonl", b'{"title": "A", "text": "\xff"}\n', "a.jsonl, line 1: not UTF-8"),
        ("a.jsonl.gz", b"no gzip", "a.jsonl.gz: cannot be read"),
        (
            "a.jsonl.gz",
            gzip.compress(lines(*[row("A", "b")] * 99).encode(), mtime=0)[:-20],
            "a.jsonl.gz: cannot be read",
        ),
        ("a.json", b'{"title": "A"}', "a.json: must be a JSON list"),
        ("a.json", b'[{"title": "A", "text": ""}]', "a.json, row 1: needs `title` and `text`: `text` must be"),
        ("a.jsonl", b'{"question": "Q", "context": []}', "`sale-inspect bench corpus FILE -o DIR`"),
        ("a.jsonl", b"\n", "its files have no pages"),
        ("a.txt", b"text", "has no .jsonl, .jsonl.gz or .json file"),
    ],
)
def test_faults_name_file_line_and_remedy(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BenchError, match=re.escape(message)):
        read_corpus(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"must be a folder.*sale-inspect bench corpus"):
        load_corpus(tmp_path / "none")


def test_a_folder_is_loaded_once_until_its_files_change(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(lines(row("A", "one")), encoding="utf-8")
    with ThreadPoolExecutor(4) as threads:
        loaded = list(threads.map(lambda _: load_corpus(tmp_path)[0], range(8)))
    assert all(each is loaded[0] for each in loaded)
    assert load_corpus(f"{tmp_path}/../{tmp_path.name}")[0] is loaded[0]
    before = file.stat().st_mtime_ns
    file.write_text(lines(row("A", "two")), encoding="utf-8")
    os.utime(file, ns=(before + 1, before + 1))
    page = load_corpus(tmp_path)[0].page("A")
    assert page is not None and page.text == "two"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(corpus_command, [str(each) for each in arguments])
    return result.exit_code, result.output


def test_the_command_writes_a_corpus_that_reads_back(tmp_path: Path) -> None:
    (tmp_path / "h.jsonl").write_text(lines({**QUESTION, "context": ORIGINAL}), encoding="utf-8")
    (tmp_path / "p.json").write_text(json.dumps([row("Lake", "A song — é."), row("Bridge", "Made of iron.")]))
    code, said = run(tmp_path / "h.jsonl", tmp_path / "p.json", "-o", tmp_path / "pages")
    corpus, report = read_corpus(tmp_path / "pages")
    assert code == 0
    assert f"pages.jsonl: 3 pages, sha256 {report.sha256}" in said
    assert "1 repeated pages merged, 1 renamed" in said
    assert corpus.titles == ["Lake", "Bridge", "Lake [2]"]
    page = corpus.page("lake [2]")
    assert page is not None and page.text == "A song — é."


def test_the_command_replaces_a_corpus_only_by_force(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps([row("A", "b")]))
    (tmp_path / "pages.jsonl").write_text("mine")
    code, said = run(tmp_path / "p.json", "-o", tmp_path)
    assert code == 1 and "--force" in said
    assert (tmp_path / "pages.jsonl").read_text() == "mine"
    assert run(tmp_path / "p.json", "-o", tmp_path, "--force")[0] == 0
    assert json.loads((tmp_path / "pages.jsonl").read_text()) == row("A", "b")


@pytest.mark.parametrize(("content", "message"), [("[{}]", "row 1: needs `title`"), ('[{"context": []}]', "no pages")])
def test_the_command_says_what_is_wrong_and_writes_nothing(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "p.json").write_text(content)
    code, said = run(tmp_path / "p.json", "-o", tmp_path / "new")
    assert code == 1 and said.startswith("Error: ") and message in said
    assert not (tmp_path / "new").exists()


def test_the_corpus_of_real_questions_answers_them(real_data: Path, tmp_path: Path) -> None:
    """All pages that HotpotQA's questions need are there, and a search for a title finds it first."""
    questions = real_data / "hotpotqa" / "hotpot_distractor_500.jsonl"
    more = real_data / "corpus" / "2wikimultihopqa_corpus.json"
    code, said = run(questions, more, "-o", tmp_path)
    assert code == 0 and ": 11065 pages" in said and "32 repeated pages merged, 20 renamed" in said
    corpus, _ = load_corpus(tmp_path)
    wanted = {
        title
        for line in questions.read_text(encoding="utf-8").splitlines()
        for title, _ in json.loads(line)["supporting_facts"]
    }
    assert all(corpus.page(title) is not None for title in wanted)
    sample = sorted(wanted)[::10]
    first = [corpus.search(title)[0].title == title for title in sample if corpus.search(title)]
    assert sum(first) / len(sample) > 0.8
