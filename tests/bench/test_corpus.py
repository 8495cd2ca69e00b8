"""The local corpus: search, pages, titles and reading."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sale_inspect import BenchError
from sale_inspect.bench import Corpus, CorpusPage, read_pages

PAGES = [
    CorpusPage(title="Lake Corvin", text="A deep lake in the north. Trout live in it."),
    CorpusPage(title="Mount Tarn", text="A mountain beside the lake. " + "Snow falls often here. " * 10),
    CorpusPage(title="Corvin Bridge", text="An iron bridge of 1902."),
    CorpusPage(title="The Harbour", text="Ships unload salt and grain."),
]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(PAGES)


def test_a_page_whose_title_matches_comes_first(corpus: Corpus) -> None:
    hits = corpus.search("lake corvin")
    assert hits[0].title == "Lake Corvin"
    assert {hit.title for hit in hits} == {"Lake Corvin", "Mount Tarn", "Corvin Bridge"}


def test_a_page_is_found_by_a_word_of_its_text(corpus: Corpus) -> None:
    assert [hit.title for hit in corpus.search("Where is GRAIN unloaded?")] == ["The Harbour"]


@pytest.mark.parametrize("query", ["", "   ", "the of and", "zeppelin", "???"])
def test_a_query_that_matches_nothing_finds_nothing(corpus: Corpus, query: str) -> None:
    assert corpus.search(query) == []


def test_no_more_hits_than_asked_for(corpus: Corpus) -> None:
    assert len(corpus.search("lake corvin", count=1)) == 1
    assert len(corpus.search("lake corvin", count=100)) == 3


def test_a_long_page_is_cut_in_its_snippet_and_a_short_one_is_whole(corpus: Corpus) -> None:
    """30 words are shown; `Mount Tarn` has 5 + 40."""
    by_title = {hit.title: hit.snippet for hit in corpus.search("lake corvin")}
    assert by_title["Corvin Bridge"] == "An iron bridge of 1902."
    assert by_title["Mount Tarn"].endswith(" ...")
    assert len(by_title["Mount Tarn"].split()) == 31


def test_a_page_is_opened_whatever_the_case_of_its_title(corpus: Corpus) -> None:
    assert corpus.page("  lake CORVIN ") == PAGES[0]
    assert corpus.page("Lake") is None


def test_titles_spelt_alike_are_offered(corpus: Corpus) -> None:
    assert corpus.similar_titles("lake corvyn")[0] == "Lake Corvin"
    assert corpus.similar_titles("xyzxyzxyz") == []


def test_the_corpus_keeps_its_order(corpus: Corpus) -> None:
    assert corpus.titles == [page.title for page in PAGES]
    assert len(corpus) == 4


def test_a_corpus_without_pages_is_refused() -> None:
    with pytest.raises(BenchError, match="no pages"):
        Corpus([])


def test_a_title_that_stands_twice_is_refused_whatever_its_case() -> None:
    with pytest.raises(BenchError, match="two pages titled 'LAKE CORVIN'"):
        Corpus([PAGES[0], CorpusPage(title="LAKE CORVIN", text="Another.")])


def test_pages_are_read_from_json_lines() -> None:
    text = '{"title": "A", "text": "one"}\n\n{"title": "B", "text": "two"}\n'
    assert read_pages(text, "c.jsonl") == [CorpusPage(title="A", text="one"), CorpusPage(title="B", text="two")]


@pytest.mark.parametrize("line", ["{", '{"title": "A"}', '{"text": "one"}', "[1]", "7"])
def test_a_broken_page_is_named_by_file_and_line(line: str) -> None:
    with pytest.raises(BenchError, match=r"^c\.jsonl, line 2: needs `title` and `text`"):
        read_pages('{"title": "A", "text": "one"}\n' + line, "c.jsonl")


def test_a_line_separator_inside_a_page_does_not_end_the_line() -> None:
    row = json.dumps({"title": "A", "text": "one\u2028two"}, ensure_ascii=False)
    assert read_pages(row, "c.jsonl") == [CorpusPage(title="A", text="one\u2028two")]


def test_a_page_without_spaces_is_cut_in_its_snippet() -> None:
    """300 characters are shown; some scripts write no spaces between words."""
    corpus = Corpus([CorpusPage(title="Lake", text="湖" * 5000)])
    assert corpus.search("lake")[0].snippet == "湖" * 300 + " ..."


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"title": "A", "text": None}, "`text` must be a text that is not empty, is None"),
        ({"title": 7, "text": "one"}, "`title` must be a text that is not empty, is 7"),
        ({"title": "A", "text": "  "}, "`text` must be a text that is not empty"),
        ({"title": "A"}, "`text` is missing"),
        ({"_id": "q", "context": []}, "sale-inspect bench corpus FILE -o DIR"),
    ],
)
def test_the_error_names_the_field_and_what_is_wrong(row: dict[str, object], message: str) -> None:
    with pytest.raises(BenchError, match=re.escape(message)):
        read_pages(json.dumps(row), "c.jsonl")


def test_half_a_character_does_not_reach_a_model_or_a_file() -> None:
    (page,) = read_pages('{"title": "A", "text": "one \\ud800 two"}', "c.jsonl")
    assert page.text == "one ? two"


def test_the_hash_depends_on_titles_texts_and_their_order_only() -> None:
    same = [CorpusPage(title=page.title, text=page.text) for page in PAGES]
    assert Corpus(PAGES).sha256 == Corpus(same).sha256
    assert Corpus(PAGES).sha256 != Corpus(PAGES[::-1]).sha256
    moved = [CorpusPage(title="Lake CorvinA", text=PAGES[0].text[1:]), *PAGES[1:]]
    assert Corpus(PAGES).sha256 != Corpus(moved).sha256
    assert Corpus([PAGES[2]]).sha256 == hashlib.sha256(b'["Corvin Bridge", "An iron bridge of 1902."]\n').hexdigest()


def test_searches_at_the_same_time_share_one_index_and_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    import bm25s

    made = []

    class Counted(bm25s.BM25):  # type: ignore[misc]
        def index(self, *args: object, **options: object) -> None:
            made.append(1)
            super().index(*args, **options)

    monkeypatch.setattr(bm25s, "BM25", Counted)
    corpus = Corpus([CorpusPage(title=f"Page {number}", text=f"lake {number} water") for number in range(300)])
    ready = threading.Barrier(8)

    def ask(number: int) -> list[str]:
        ready.wait()
        return [hit.title for hit in corpus.search(f"lake {number}", count=3)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(100, 108)))
    assert made == [1]
    assert [titles[0] for titles in found] == [f"Page {number}" for number in range(100, 108)]
