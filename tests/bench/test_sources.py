"""Every layout of every source reads, and a task is the same whichever layout it came from."""

from __future__ import annotations

import ast
import csv
import gzip
import hashlib
import json
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.bench import TaskContent, offer_of
from sale_inspect.bench.sources import SOURCES, Candidate, DataPlace, DroppedRow, Layout, Obtained, Source, obtain
from sale_inspect.bench.sources._source import question_id

Rows = list[dict[str, Any]]


def write(path: Path, rows: Rows) -> Path:
    """Rows in the format that the file's name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if path.name.endswith(".parquet"):
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif path.name.endswith(".jsonl.gz"):
        path.write_bytes(gzip.compress(lines.encode()))
    elif path.name.endswith(".jsonl"):
        path.write_text(lines, encoding="utf-8")
    elif path.name.endswith(".json"):
        path.write_text(json.dumps(rows), encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    return path


def unpinned(source: Source) -> Source:
    """The source with its layouts for files of any content."""
    return replace(source, layouts=tuple(replace(each, sha256={}, git_blob={}) for each in source.layouts))


def found_in(folder: Path, source: str) -> Obtained:
    return obtain(unpinned(SOURCES[source]), DataPlace(data_dir=folder, cache=folder / "unused"))


def candidates(found: Obtained) -> list[Candidate]:
    return [each for each in found.read() if isinstance(each, Candidate)]


def hashes(found: Obtained) -> dict[str, str]:
    return {each.content.id: each.content.content_hash for each in candidates(found)}


SIMPLEQA: Rows = [
    {
        "metadata": "{'topic': 'Art', 'answer_type': 'Person', 'urls': ['https://example.org/a,b']}",
        "problem": 'Who painted "The, Quoted\nLine"?',
        "answer": "Åsa Löf",
    },
    {"metadata": "{'topic': 'Sport', 'answer_type': 'Date', 'urls': []}", "problem": " When? ", "answer": "1 May 1999"},
]
POPQA_FACTS: Rows = [
    {"subj": "Ann", "prop": "occupation", "obj": "writer", "subj_id": 1, "prop_id": 22, "obj_id": 3, "s_pop": 142},
    {"subj": "Bob", "prop": "capital", "obj": "Zed", "subj_id": 4, "prop_id": 5, "obj_id": 6, "s_pop": 9},
]
POPQA_ASKED = [("What is Ann's occupation?", ["writer", "author", 'the "pen"']), ("What is Bob's capital?", ["Zed"])]
POPQA_TSV: Rows = [
    {"id": 70 + place, **fact, "question": asked, "possible_answers": json.dumps(answers)}
    for place, (fact, (asked, answers)) in enumerate(zip(POPQA_FACTS, POPQA_ASKED, strict=True))
]
POPQA_FLASH: Rows = [
    {"id": f"test_{place}", "question": asked, "metadata": fact, "golden_answers": answers[::-1]}
    for place, (fact, (asked, answers)) in enumerate(zip(POPQA_FACTS, POPQA_ASKED, strict=True))
]
HOTPOTQA: Rows = [
    {
        "_id": "5a1",
        "question": "Which of two?",
        "answer": "yes",
        "type": "comparison",
        "level": "hard",
        "supporting_facts": [["Page A", 0], ["Page B", 2], ["Page A", 1]],
        "context": [["Page A", ["One.", " Two."]], ["Page B", ["Three."]]],
    },
    {
        "_id": "5a2",
        "question": "Who then?",
        "answer": "Cy Dee",
        "type": "bridge",
        "level": "hard",
        "supporting_facts": [["Page C", 0]],
        "context": [["Page C", ["Four."]]],
    },
]
HOTPOTQA_SHORT: Rows = [{key: row[key] for key in ("question", "answer", "type")} for row in HOTPOTQA]


def hub(row: dict[str, Any]) -> dict[str, Any]:
    """A row of HotpotQA as the hub has it: columns of titles, sentence numbers and sentences."""
    facts, context = row["supporting_facts"], row["context"]
    return {
        **{key: row[key] for key in ("question", "answer", "type", "level")},
        "id": row["_id"],
        "supporting_facts": {"title": [title for title, _ in facts], "sent_id": [number for _, number in facts]},
        "context": {"title": [title for title, _ in context], "sentences": [text for _, text in context]},
    }


def gaia(task: str, took: str, **more: Any) -> dict[str, Any]:
    return {
        "task_id": task,
        "Question": f"What is in {task}?",
        "Level": 1,
        "Final answer": task.upper(),
        "file_name": "",
        "Annotator Metadata": {
            "Steps": "1. Look.",
            "Number of steps": "1",
            "How long did this take?": took,
            "Tools": "1. Eyes",
            "Number of tools": "1",
        },
        **more,
    }


GAIA: Rows = [
    gaia("a-1", "~20 Minutes", file_name="a-1.xlsx"),
    gaia("a-2", "1 hour", Level=3),
    gaia("a-3", "10-15 minutes"),
    gaia("a-4", "2 hours"),
    gaia("a-5", "0 minutes"),
]


def hle(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{number:024x}",
        "question": f"Which compound is number {number}?",
        "image": "",
        "answer": f"Compound {number}",
        "answer_type": "exactMatch",
        "rationale": "one two three",
        "raw_subject": "Organic",
        "category": "Chemistry",
        **more,
    }


HLE: Rows = [
    hle(1),
    hle(2, category="Biology/Medicine", answer_type="multipleChoice"),
    hle(3, category="Math"),
    hle(4),
    hle(5, image="data:image/png;base64,AA=="),
]
HLE_AUDIT: Rows = [
    {"id": row["id"], "Verified_Classes": "Revision subset" if row is HLE[3] else "Gold subset", "question": "?"}
    for row in HLE
]
HLE_VALIDATED: Rows = [HLE[0], HLE[1], HLE[2], HLE[4]]
MBPP: Rows = [
    {
        "source_file": "x.ipynb",
        "task_id": 7,
        "prompt": "Write a function to double.",
        "code": "def double(x):\n    return 2 * x",
        "test_imports": [],
        "test_list": ["assert double(2) == 4"],
    },
    {
        "source_file": "y.ipynb",
        "task_id": 11,
        "prompt": "Write a function to add.",
        "code": "def add(a, b=1):\n    # sum\n    total = a + b\n\n    return total",
        "test_imports": ["import math"],
        "test_list": ["assert math.floor(add(1, 2)) == 3"],
    },
]
MBPP_FULL: Rows = [
    {
        "text": row["prompt"],
        "code": row["code"],
        "task_id": row["task_id"],
        "test_setup_code": "\n".join(row["test_imports"]),
        "test_list": row["test_list"],
        "challenge_test_list": [],
    }
    for row in MBPP
]
LEETCODE: Rows = [
    {
        "task_id": f"task-{difficulty.lower()}",
        "question_id": 1,
        "difficulty": difficulty,
        "tags": [],
        "problem_description": "Add one.\n\nExample: 1 -> 2",
        "starter_code": "class Solution:\n    def inc(self, x: int) -> int:\n        ",
        "prompt": "from typing import *\n",
        "completion": "class Solution:\n    def inc(self, x):\n        secret = 1\n        return x + secret",
        "entry_point": "Solution().inc",
        "test": "def check(candidate):\n    assert candidate(x = 1) == 2",
        "input_output": [],
        "estimated_date": "2024-08-01",
    }
    for difficulty in ("Easy", "Meidum", "Hard")
]
HLE_FILE, AUDIT = "data/test-00000-of-00001.parquet", "HLE-Verified/data/test-00000-of-00005.parquet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """Original files of a source, and which of its layouts they are."""

    source: str
    layout: int
    files: dict[str, Rows]

    def lay(self, folder: Path) -> Obtained:
        for name, rows in self.files.items():
            write(folder / name, rows)
        return found_in(folder, self.source)


def case(source: str, layout: int, **files: Rows) -> Case:
    return Case(source=source, layout=layout, files=files)


CASES = [
    case("simpleqa", 0, **{"simple_qa_test_set.csv": SIMPLEQA}),
    case("popqa", 0, **{"popQA.tsv": POPQA_TSV}),
    case("popqa", 1, **{"popqa_1000_sample.jsonl": POPQA_FLASH}),
    case("hotpotqa", 0, **{"hotpot_dev_distractor_v1.json": HOTPOTQA}),
    case("hotpotqa", 1, **{"distractor/validation-00000-of-00001.parquet": [hub(row) for row in HOTPOTQA]}),
    case("hotpotqa", 2, **{"hotpot_dev_fullwiki_v1.json": HOTPOTQA}),
    case("hotpotqa", 3, **{"fullwiki/validation-00000-of-00001.parquet": [hub(row) for row in HOTPOTQA]}),
    case(
        "hotpotqa",
        4,
        **{"hotpot_dev_v1_simplified.json": HOTPOTQA_SHORT, "hotpot_distractor_500.jsonl": HOTPOTQA[:1]},
    ),
    case("hotpotqa", 5, **{"hotpot_dev_v1_simplified.json": HOTPOTQA_SHORT}),
    case("hotpotqa", 6, **{"hotpot_distractor_500.jsonl": HOTPOTQA}),
    case("gaia", 0, **{"2023/validation/metadata.parquet": [{**row, "Level": str(row["Level"])} for row in GAIA]}),
    case("gaia", 1, **{"2023/validation/metadata.jsonl": GAIA}),
    case("gaia", 2, **{"validation/metadata.jsonl": GAIA}),
    case("gaia", 3, **{"gaia/metadata.jsonl": GAIA}),
    case("hle", 0, **{HLE_FILE: HLE, AUDIT: HLE_AUDIT}),
    case("hle", 1, **{HLE_FILE: HLE, "HLE-Verified.jsonl": HLE_AUDIT}),
    case("hle", 2, **{"hle.jsonl": HLE, "hle_verified.jsonl": HLE_AUDIT}),
    case("hle", 3, **{"hle/data/train-00000-of-00001.parquet": HLE_VALIDATED}),
    case("mbpp", 0, **{"sanitized-mbpp.json": MBPP}),
    case(
        "mbpp",
        1,
        **{
            "sanitized/prompt-00000-of-00001.parquet": MBPP[:1],
            "sanitized/test-00000-of-00001.parquet": MBPP[1:],
        },
    ),
    case("mbpp", 2, **{"mbpp.jsonl": MBPP_FULL}),
    case(
        "mbpp",
        3,
        **{"full/prompt-00000-of-00001.parquet": MBPP_FULL[:1], "full/test-00000-of-00001.parquet": MBPP_FULL[1:]},
    ),
    case("leetcode", 0, **{"LeetCodeDataset-v0.3.1-test.jsonl.gz": LEETCODE}),
]
IDS = [f"{each.source}-{each.layout}" for each in CASES]
SECOND = hashlib.sha256(b"Who then?").hexdigest()[:12]
FIRST = hashlib.sha256(b"Which of two?").hexdigest()[:12]
EXPECTED: dict[str, list[tuple[str, str]]] = {
    "simpleqa": [
        (f"simpleqa-{hashlib.sha256(SIMPLEQA[0]['problem'].encode()).hexdigest()[:12]}", "Åsa Löf"),
        (f"simpleqa-{hashlib.sha256(b'When?').hexdigest()[:12]}", "1 May 1999"),
    ],
    "popqa": [("popqa-1-22-3", "writer"), ("popqa-4-5-6", "Zed")],
    "hotpotqa": [(f"hotpotqa-{FIRST}", "yes"), (f"hotpotqa-{SECOND}", "Cy Dee")],
    "gaia": [("gaia-a-1", "A-1"), ("gaia-a-2", "A-2")],
    "hle": [(f"hle-{1:024x}", "Compound 1"), (f"hle-{2:024x}", "Compound 2")],
    "mbpp": [("mbpp-7", ""), ("mbpp-11", "")],
    "leetcode": [("leetcode-task-easy", ""), ("leetcode-task-meidum", ""), ("leetcode-task-hard", "")],
}


def test_every_layout_of_every_source_is_tested() -> None:
    layouts = {(source.name, number) for source in SOURCES.values() for number in range(len(source.layouts))}
    assert {(each.source, each.layout) for each in CASES} == layouts


@pytest.mark.parametrize("each", CASES, ids=IDS)
def test_a_layout_is_known_and_gives_the_sources_tasks(tmp_path: Path, each: Case) -> None:
    found = each.lay(tmp_path)
    assert found.layout == unpinned(SOURCES[each.source]).layouts[each.layout]
    tasks = candidates(found)
    assert [(task.content.id, task.content.answer) for task in tasks] == EXPECTED[each.source]
    for task in tasks:
        assert task.content.source == each.source
        assert task.content.id == f"{each.source}-{task.content.item}"
        assert task.content.domain == SOURCES[each.source].domain


@pytest.mark.parametrize("source", [name for name, each in SOURCES.items() if len(each.layouts) > 1])
def test_a_task_has_one_content_hash_in_every_layout(tmp_path: Path, source: str) -> None:
    all_of_them = [each.lay(tmp_path / str(each.layout)) for each in CASES if each.source == source]
    assert len(all_of_them) > 1
    assert all(hashes(found) == hashes(all_of_them[0]) for found in all_of_them)


@pytest.mark.parametrize("each", CASES, ids=IDS)
def test_questions_and_answers_are_in_the_hash(tmp_path: Path, each: Case) -> None:
    for task in candidates(each.lay(tmp_path)):
        other = task.content.model_copy(update={"question": task.content.question + "?"})
        assert other.content_hash != task.content.content_hash
        same = task.content.model_copy(update={"topic": "x", "level": "x", "explanation": "x", "pages": ("x",)})
        assert same.content_hash == task.content.content_hash


def only(tmp_path: Path, source: str, layout: int) -> list[Candidate]:
    return candidates(next(each for each in CASES if (each.source, each.layout) == (source, layout)).lay(tmp_path))


def test_simpleqa_reads_its_python_literals(tmp_path: Path) -> None:
    first, second = only(tmp_path, "simpleqa", 0)
    assert first.content.question == SIMPLEQA[0]["problem"] and second.content.question == "When?"
    assert first.content.topic == "Art" and first.features == {"words": 5, "answer_type": "Person"}


@pytest.mark.parametrize("layout", [0, 1])
def test_popqa_accepts_all_its_answers(tmp_path: Path, layout: int) -> None:
    first, second = only(tmp_path, "popqa", layout)
    assert first.content.aliases == ("author", 'the "pen"') and second.content.aliases == ()
    assert first.features == {"popularity": 142, "property": "occupation"}


@pytest.mark.parametrize(("layout", "closed"), [(0, [1, 1]), (1, [1, 1]), (3, [1, 1]), (4, [1, 0]), (5, [0, 0])])
def test_hotpotqa_knows_which_questions_have_their_pages(tmp_path: Path, layout: int, closed: list[int]) -> None:
    tasks = only(tmp_path, "hotpotqa", layout)
    assert [task.features["closed"] for task in tasks] == [bool(each) for each in closed]
    assert tasks[0].content.pages == (("Page A", "Page B") if closed[0] else ())


@pytest.mark.parametrize("layout", range(4))
def test_gaia_has_its_published_times_and_lists_what_it_cannot_use(tmp_path: Path, layout: int) -> None:
    found = next(each for each in CASES if (each.source, each.layout) == ("gaia", layout)).lay(tmp_path)
    first, second, *dropped = list(found.read())
    assert isinstance(first, Candidate) and isinstance(second, Candidate)
    assert (first.minutes, second.minutes) == (20, 60)
    assert first.content.attachments == ("a-1.xlsx",) and second.content.attachments == ()
    assert first.features == {"level": "1", "attachment": True} and second.content.level == "3"
    told = {each.item: each.reason for each in dropped if isinstance(each, DroppedRow)}
    assert set(told) == {"a-3", "a-4", "a-5"}
    assert "'10-15 minutes' cannot be parsed" in told["a-3"]
    assert "120 minutes is outside" in told["a-4"] and "0 minutes is outside" in told["a-5"]
    assert found.folder is not None and list(found.folder.glob("metadata.*")), "attachments lie beside the metadata"


@pytest.mark.parametrize("layout", range(4))
def test_hle_keeps_validated_chemistry_and_biology_without_images(tmp_path: Path, layout: int) -> None:
    found = next(each for each in CASES if (each.source, each.layout) == ("hle", layout)).lay(tmp_path)
    reasons = {each.item: each.reason for each in found.read() if isinstance(each, DroppedRow)}
    wanted = {HLE[2]["id"]: "neither chemistry nor biology", HLE[4]["id"]: "needs an image"}
    if layout != 3:
        wanted[HLE[3]["id"]] = "not validated by experts"
    assert reasons == wanted
    assert [each.features["rationale_words"] for each in candidates(found)] == [3, 3]


def test_mbpp_says_split_and_length(tmp_path: Path) -> None:
    first, second = only(tmp_path, "mbpp", 0)
    assert first.features == {"split": "prompt", "lines": 2} and second.features == {"split": "test", "lines": 3}
    assert second.content.setup == "import math"


@pytest.mark.parametrize(
    ("number", "split"),
    [
        (1, "prompt"),
        (10, "prompt"),
        (11, "test"),
        (510, "test"),
        (511, "validation"),
        (600, "validation"),
        (602, "train"),
    ],
)
def test_mbpp_splits_are_the_official_ranges(tmp_path: Path, number: int, split: str) -> None:
    write(tmp_path / "mbpp.jsonl", [{**MBPP_FULL[0], "task_id": number}])
    (task,) = candidates(found_in(tmp_path, "mbpp"))
    assert task.features["split"] == split


def test_leetcode_builds_a_call_of_its_check(tmp_path: Path) -> None:
    tasks = only(tmp_path, "leetcode", 0)
    assert [task.features["difficulty"] for task in tasks] == ["Easy", "Medium", "Hard"]
    content = tasks[0].content
    assert content.preamble == LEETCODE[0]["prompt"] and content.tests[0].endswith("\n\ncheck(Solution().inc)")
    assert "class Solution:\n    def inc(self, x: int) -> int:\n" in content.question
    assert "secret" not in content.question and "candidate" not in content.question


# Real data


def real(folder: Path, source: str) -> Obtained:
    return obtain(SOURCES[source], DataPlace(data_dir=folder, cache=folder / "unused"))


def rows(path: Path) -> Rows:
    if path.suffix == ".json":
        return list(json.loads(path.read_text(encoding="utf-8")))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def shards(path: Path, data: Rows) -> None:
    """In two files, as large splits are."""
    middle = len(data) // 2
    write(path.with_name(path.name.format(0)), data[:middle])
    write(path.with_name(path.name.format(1)), data[middle:])


def test_real_popqa_is_the_same_in_the_original_layout(real_data: Path, tmp_path: Path) -> None:
    flash = rows(real_data / "popqa" / "popqa_1000_sample.jsonl")
    original = [
        {
            "id": number,
            **row["metadata"],
            "question": row["question"],
            "possible_answers": json.dumps(row["golden_answers"][::-1]),
        }
        for number, row in enumerate(flash)
    ]
    write(tmp_path / "popQA.tsv", original)
    found = found_in(tmp_path, "popqa")
    assert found.layout is not None and found.layout.patterns == ("popQA.tsv",)
    assert hashes(found) == hashes(real(real_data, "popqa")) and len(hashes(found)) == 1000


@pytest.mark.parametrize(
    "name",
    [
        "hotpot_dev_distractor_v1.json",
        "hotpot_dev_fullwiki_v1.json",
        "distractor/validation-{:05d}-of-00002.parquet",
        "fullwiki/validation-{:05d}-of-00002.parquet",
    ],
)
def test_real_hotpotqa_is_the_same_in_every_layout(real_data: Path, tmp_path: Path, name: str) -> None:
    sample = rows(real_data / "hotpotqa" / "hotpot_distractor_500.jsonl")
    if name.endswith(".json"):
        write(tmp_path / name, sample)
    else:
        shards(tmp_path / name, [hub(row) for row in sample])
    found = found_in(tmp_path, "hotpotqa")
    everything = hashes(real(real_data, "hotpotqa"))
    assert hashes(found) == {key: everything[key] for key in hashes(found)} and len(hashes(found)) == 500
    pages = {each.content.id: each.content.pages for each in candidates(real(real_data, "hotpotqa"))}
    assert all(pages[each.content.id] == each.content.pages for each in candidates(found))


@pytest.mark.parametrize(
    ("file", "layout"), [("sanitized-mbpp.json", "sanitized/{:05d}.parquet"), ("mbpp.jsonl", "full/{:05d}.parquet")]
)
def test_real_mbpp_is_the_same_on_the_hub(real_data: Path, tmp_path: Path, file: str, layout: str) -> None:
    original = tmp_path / "original"
    write(original / file, rows(real_data / "mbpp" / file))
    shards(tmp_path / "hub" / layout, rows(real_data / "mbpp" / file))
    here, there = found_in(original, "mbpp"), found_in(tmp_path / "hub", "mbpp")
    assert len(there.files) == 2 and hashes(here) == hashes(there)
    assert len(hashes(here)) == {"sanitized-mbpp.json": 426, "mbpp.jsonl": 970}[file]


@pytest.mark.parametrize(
    ("source", "count"),
    [("simpleqa", 4326), ("popqa", 1000), ("hotpotqa", 7405), ("mbpp", 427), ("leetcode", 228), ("coding_mcq", 100)],
)
def test_a_real_source_has_all_its_rows_under_unique_ids(real_data: Path, source: str, count: int) -> None:
    read = list(real(real_data, source).read())
    assert len(read) == count
    ids = [each.content.item if isinstance(each, Candidate) else each.item for each in read]
    assert len(set(ids)) == count


def code_lines(code: str) -> set[str]:
    """Lines of the bodies of functions, long enough that they are not there by chance."""
    bodies = [node.body for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)]
    return {
        line.strip()
        for body in bodies
        for node in body
        for line in ast.get_source_segment(code, node, padded=True).splitlines()  # type: ignore[union-attr]
        if len(line.strip()) >= 16
    }


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("file", ["sanitized-mbpp.json", "mbpp.jsonl"])
def test_no_real_mbpp_question_holds_a_test_or_the_reference(real_data: Path, tmp_path: Path, file: str) -> None:
    original = rows(real_data / "mbpp" / file)
    references = {f"mbpp-{row['task_id']}": row for row in original}
    write(tmp_path / file, original)
    checked = 0
    for task in candidates(found_in(tmp_path, "mbpp")):
        question, row = task.content.question, references[task.content.id]
        assert "assert" not in question.split()
        for test in [*row["test_list"], *row.get("challenge_test_list", [])]:
            assert test.strip() not in question and test.removeprefix("assert").strip() not in question
        for line in code_lines(row["code"]):
            assert line not in question, task.content.id
            checked += 1
        assert (task.content.answer, task.content.explanation, task.content.preamble) == ("", "", "")
        assert row["code"] not in repr(task)
    assert checked > 900


def test_no_real_leetcode_question_holds_a_test_or_the_reference(real_data: Path) -> None:
    with gzip.open(real_data / "leetcode" / "LeetCodeDataset-v0.3.1-test.jsonl.gz", "rt", encoding="utf-8") as file:
        references = {f"leetcode-{row['task_id']}": row for row in map(json.loads, file)}
    checked = 0
    for task in candidates(real(real_data, "leetcode")):
        question, row = task.content.question, references[task.content.id]
        asserted = [line.strip() for line in row["test"].splitlines() if line.strip().startswith("assert")]
        assert asserted and "candidate(" not in question
        assert not any(line in question for line in asserted)
        for line in code_lines(row["completion"]):
            assert line not in question, task.content.id
            checked += 1
        assert row["completion"] not in repr(task) and task.content.answer == ""
    assert checked > 2000


@pytest.mark.parametrize("source", ["simpleqa", "popqa", "hotpotqa"])
def test_no_real_short_answer_is_in_what_the_recipe_or_a_table_sees(real_data: Path, source: str) -> None:
    for task in candidates(real(real_data, source)):
        content = task.content
        targets = {content.answer, *content.aliases}
        # Numbers are counts of words, which an answer may equal by chance.
        assert targets.isdisjoint(value for value in task.features.values() if isinstance(value, str))
        assert targets.isdisjoint({content.id, content.item, content.licence, content.topic, content.level})
        assert content.choices == () and content.attachments == () and content.explanation == ""


# Properties


QUESTIONS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)


@given(QUESTIONS, st.text(string.whitespace, max_size=4), st.text(string.whitespace, max_size=4))
def test_an_id_depends_on_the_question_and_not_on_space_around_it(text: str, before: str, after: str) -> None:
    found = question_id(before + text + after)
    assert found == question_id(text) == hashlib.sha256(text.strip().encode("utf-8")).hexdigest()[:12]


@given(QUESTIONS, QUESTIONS)
def test_other_questions_have_other_ids(one: str, other: str) -> None:
    assert (question_id(one) == question_id(other)) == (one.strip() == other.strip())


def asked(item: int, question: str) -> Candidate:
    content = TaskContent(
        id=f"s-{item}",
        item=str(item),
        domain="deep_search",
        kind="short_answer",
        source="s",
        question=question,
        answer=str(item),
        licence="MIT",
    )
    return Candidate(content=content)


@given(st.lists(st.text("aA bé\n", min_size=1, max_size=4).filter(str.strip), max_size=12))
def test_an_offer_drops_every_question_that_is_asked_twice(questions: Sequence[str]) -> None:
    found = [asked(number, question) for number, question in enumerate(questions)]
    offer = offer_of([*found, DroppedRow(item="x", reason="r")])
    alike = [tuple(question.casefold().split()) for question in questions]
    unique = [each for each, key in zip(found, alike, strict=True) if alike.count(key) == 1]
    assert list(offer.candidates) == unique
    told = {each.item: each.reason for each in offer.dropped}
    assert told.pop("x") == "r"
    assert set(told) == {each.content.item for each in found if each not in unique}
    assert all("twice" in reason for reason in told.values())


def test_a_layout_reads_files_wherever_they_are(tmp_path: Path) -> None:
    layout: Layout = SOURCES["mbpp"].layouts[0]
    read = list(layout.read((write(tmp_path / "any.json", MBPP),)))
    assert [each.content.id for each in read if isinstance(each, Candidate)] == ["mbpp-7", "mbpp-11"]
