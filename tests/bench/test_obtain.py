"""Original files are found, checked and refused with what a user needs to mend them."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sale_inspect import BenchError
from sale_inspect._errors import MissingSourceError
from sale_inspect.bench.sources import DATA_DIR_VARIABLE, SOURCES, Candidate, DataPlace, Layout, Obtained, obtain

MBPP = {
    "task_id": 11,
    "prompt": "Write a function to double.",
    "code": "def double(x):\n    return 2 * x",
    "test_imports": [],
    "test_list": ["assert double(2) == 4"],
}
MBPP_FULL = {"text": "Double.", **{key: MBPP[key] for key in ("task_id", "code", "test_list")}, "test_setup_code": ""}
SIMPLEQA = {"metadata": "{'topic': 'Art', 'answer_type': 'Person', 'urls': []}", "problem": "Who?", "answer": "Ann"}
POPQA = {
    **{"id": 1, "prop": "capital", "obj": "Zed", "subj_id": 4, "prop_id": 5, "obj_id": 6, "s_pop": 9},
    "question": "Which capital?",
    "possible_answers": '["Zed"]',
}
POPQA_FLASH = {
    "question": "Which capital?",
    "metadata": {"prop": "capital", "obj": "Zed", "subj_id": 4, "prop_id": 5, "obj_id": 6, "s_pop": 9},
    "golden_answers": ["Zed"],
}
HOTPOTQA = {
    "question": "Which of two?",
    "answer": "yes",
    "type": "comparison",
    "level": "hard",
    "supporting_facts": [["Page A", 0]],
}
HOTPOTQA_HUB = {**HOTPOTQA, "supporting_facts": {"title": ["Page A"], "sent_id": [0]}}
GAIA = {
    "task_id": "a-1",
    "Question": "What?",
    "Level": 1,
    "Final answer": "A",
    "file_name": "",
    "Annotator Metadata": {"How long did this take?": "5 minutes"},
}
HLE = {
    "id": "h1",
    "question": "Which?",
    "answer": "X",
    "answer_type": "exactMatch",
    "category": "Chemistry",
    "raw_subject": "Organic",
    "image": "",
    "rationale": "",
}
AUDIT = {"id": "h1", "Verified_Classes": "Gold subset"}
LEETCODE = {
    "task_id": "inc",
    "difficulty": "Easy",
    "problem_description": "Add one.",
    "starter_code": "class Solution:\n    def inc(self, x):",
    "prompt": "",
    "completion": "class Solution: ...",
    "entry_point": "Solution().inc",
    "test": "def check(candidate):\n    assert candidate(1) == 2",
}
# A file of each source that has no hash, or whose hash is taken off, with a good row.
FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "simpleqa": ("simple_qa_test_set.csv", SIMPLEQA),
    "popqa": ("popQA.tsv", POPQA),
    "popqa-flash": ("popqa_1000_sample.jsonl", POPQA_FLASH),
    "hotpotqa": ("hotpot_dev_distractor_v1.json", HOTPOTQA),
    "gaia": ("2023/validation/metadata.jsonl", GAIA),
    "mbpp": ("sanitized-mbpp.json", MBPP),
    "mbpp-full": ("mbpp.jsonl", MBPP_FULL),
    "leetcode": ("LeetCodeDataset-v0.3.1-test.jsonl.gz", LEETCODE),
}


def write(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif path.suffix in (".csv", ".tsv"):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines.encode()))
    else:
        path.write_text(json.dumps(rows) if path.suffix == ".json" else lines, encoding="utf-8")
    return path


def place(folder: Path) -> DataPlace:
    return DataPlace(data_dir=folder, cache=folder.parent / "cache")


def get(folder: Path, name: str) -> Obtained:
    """The source's files, whatever their hashes."""
    source = SOURCES[name]
    layouts = tuple(replace(layout, sha256={}, git_blob={}) for layout in source.layouts)
    return obtain(replace(source, layouts=layouts), place(folder))


def ids(found: Obtained) -> list[str]:
    return [each.content.item for each in found.read() if isinstance(each, Candidate)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    return path


# Finding


@pytest.mark.parametrize("where", ["", "mbpp", "Mine/deeper/still", "mbpp/deeper"])
def test_a_file_is_found_with_and_without_a_folder_of_the_source(folder: Path, where: str) -> None:
    path = write(folder / where / "sanitized-mbpp.json", [MBPP])
    found = get(folder, "mbpp")
    assert found.files == (path,) and found.folder == path.parent and ids(found) == ["11"]


def test_the_sources_own_folder_goes_first(folder: Path) -> None:
    write(folder / "sanitized-mbpp.json", [{**MBPP, "task_id": 12}])
    write(folder / "mbpp" / "mbpp.jsonl", [{**MBPP_FULL, "task_id": 13}])
    assert ids(get(folder, "mbpp")) == ["13"]


def test_an_empty_own_folder_does_not_hide_a_file_beside_it(folder: Path) -> None:
    (folder / "mbpp").mkdir()
    write(folder / "sanitized-mbpp.json", [MBPP])
    assert ids(get(folder, "mbpp")) == ["11"]


def test_the_first_layout_wins(folder: Path) -> None:
    write(folder / "mbpp.jsonl", [{**MBPP_FULL, "task_id": 13}])
    write(folder / "sanitized" / "test-0.parquet", [{**MBPP, "task_id": 12}])
    assert ids(get(folder, "mbpp")) == ["12"]
    write(folder / "z" / "sanitized-mbpp.json", [MBPP])
    assert ids(get(folder, "mbpp")) == ["11"]


def test_one_of_several_copies_is_read(folder: Path) -> None:
    first = write(folder / "a" / "sanitized-mbpp.json", [MBPP])
    write(folder / "b" / "sanitized-mbpp.json", [{**MBPP, "task_id": 12}])
    found = get(folder, "mbpp")
    assert found.files == (first,) and ids(found) == ["11"]


def test_shards_of_two_copies_are_not_read_twice(folder: Path) -> None:
    for copy in ("one", "two"):
        for number in (0, 1):
            write(
                folder / copy / "distractor" / f"validation-{number}.parquet",
                [{**HOTPOTQA_HUB, "question": f"Q{number}"}],
            )
    assert len(ids(get(folder, "hotpotqa"))) == 2


def test_a_folder_that_is_called_like_the_file_is_no_file(folder: Path) -> None:
    (folder / "sanitized-mbpp.json").mkdir()
    (folder / "a").mkdir()
    (folder / "a" / "sanitized-mbpp.json").symlink_to(folder / "gone")
    write(folder / "z" / "sanitized-mbpp.json", [MBPP])
    assert ids(get(folder, "mbpp")) == ["11"]


def test_names_that_many_data_sets_use_count_only_in_the_sources_own_folder(folder: Path) -> None:
    """MBPP's own `full/train-*.parquet` is not HLE's, and another's metadata.jsonl is not GAIA's."""
    write(folder / "mbpp" / "full" / "train-00000-of-00001.parquet", [MBPP_FULL])
    write(folder / "images" / "metadata.jsonl", [{"file_name": "x.png"}])
    for name in ("hle", "gaia"):
        with pytest.raises(MissingSourceError):
            get(folder, name)
    write(folder / "gaia" / "metadata.jsonl", [GAIA])
    write(folder / "hle" / "train-00000-of-00001.parquet", [HLE])
    assert ids(get(folder, "gaia")) == ["a-1"] and ids(get(folder, "hle")) == ["h1"]


def test_hashes_go_by_name_wherever_the_file_lies(folder: Path) -> None:
    import hashlib

    path = write(folder / "deep" / "sanitized-mbpp.json", [MBPP])
    assert get(folder, "mbpp").sha256 == {"sanitized-mbpp.json": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_two_files_of_one_name_both_have_their_hash(folder: Path) -> None:
    write(folder / "hle" / "cais--hle" / "test-0.parquet", [HLE])
    write(folder / "hle" / "skylenage-ai--HLE-Verified" / "test-0.parquet", [AUDIT])
    found = get(folder, "hle")
    assert len(found.files) == len(found.sha256) == len(set(found.sha256.values())) == 2
    assert ids(found) == ["h1"]


def test_a_packaged_source_needs_no_folder(folder: Path) -> None:
    found = obtain(SOURCES["coding_mcq"], place(folder))
    assert found.files == () and len(list(found.read())) == 100


# HLE and its audit


@pytest.mark.parametrize("above", ["verified", "my-HLE-Verified-copy", "plain"])
def test_hle_and_its_audit_are_told_apart_whatever_the_folders_are_called(tmp_path: Path, above: str) -> None:
    folder = tmp_path / above
    write(folder / "hle" / "data" / "test-0.parquet", [HLE, {**HLE, "id": "h2", "question": "And?"}])
    write(folder / "hle" / "HLE-Verified" / "data" / "train-0.parquet", [AUDIT])
    assert ids(get(folder, "hle")) == ["h1"]


def test_an_audit_that_calls_nothing_gold_is_refused(folder: Path) -> None:
    write(folder / "hle.jsonl", [HLE])
    write(folder / "hle_verified.jsonl", [{**AUDIT, "Verified_Classes": "gold"}])
    with pytest.raises(BenchError, match=r"hle_verified\.jsonl, field `Verified_Classes`: no row says 'Gold subset'"):
        ids(get(folder, "hle"))


def test_an_audit_without_its_field_is_refused(folder: Path) -> None:
    write(folder / "hle.jsonl", [HLE])
    write(folder / "hle_verified.jsonl", [{"id": "h1", "verdict": "Gold subset"}])
    with pytest.raises(BenchError, match=r"field `Verified_Classes`"):
        ids(get(folder, "hle"))


@pytest.mark.parametrize(("fault", "field"), [({"id": "h2"}, "Verified_Classes"), ({"Verified_Classes": "x"}, "id")])
def test_a_broken_row_of_the_audit_is_named(folder: Path, fault: dict[str, Any], field: str) -> None:
    write(folder / "hle.jsonl", [HLE])
    write(folder / "hle_verified.jsonl", [AUDIT, fault])
    with pytest.raises(BenchError, match=rf"hle_verified\.jsonl, row 2, field `{field}`"):
        ids(get(folder, "hle"))


def test_the_audit_alone_does_not_pass_for_validated_questions(folder: Path) -> None:
    """Its files are called like those of hle-gold-bio-chem, and have all rows of HLE."""
    write(folder / "hle" / "train-0.parquet", [{**HLE, "Verified_Classes": "Uncertain subset"}])
    with pytest.raises(
        BenchError, match=r"train-0\.parquet, row 1, field `Verified_Classes`: the file is of HLE-Verif"
    ):
        ids(get(folder, "hle"))


def test_two_audits_and_no_questions_are_refused(folder: Path) -> None:
    write(folder / "hle" / "test-0.parquet", [{**HLE, **AUDIT}])
    write(folder / "hle" / "x-verified.jsonl", [AUDIT])
    with pytest.raises(BenchError, match="questions of HLE itself are missing"):
        ids(get(folder, "hle"))


@pytest.mark.parametrize("fault", [{"id": ["h1"]}, {"id": None}, {"id": " "}])
def test_a_broken_id_of_hle_is_named(folder: Path, fault: dict[str, Any]) -> None:
    write(folder / "hle.jsonl", [HLE, {**HLE, **fault}])
    write(folder / "hle_verified.jsonl", [AUDIT])
    with pytest.raises(BenchError, match=r"hle\.jsonl, row 2, field `id`"):
        ids(get(folder, "hle"))


# Hashes


PINNED = [
    ("simpleqa", "simple_qa_test_set.csv", SIMPLEQA, "SHA-256"),
    ("popqa", "popQA.tsv", POPQA, "git blob id"),
    ("hotpotqa", "hotpot_dev_v1_simplified.json", HOTPOTQA, "SHA-256"),
    ("mbpp", "sanitized-mbpp.json", MBPP, "SHA-256"),
    ("mbpp", "mbpp.jsonl", MBPP_FULL, "SHA-256"),
    ("leetcode", "LeetCodeDataset-v0.3.1-test.jsonl.gz", LEETCODE, "SHA-256"),
]


@pytest.mark.parametrize(("source", "name", "row", "kind"), PINNED, ids=[name for _, name, _, _ in PINNED])
def test_another_content_of_a_pinned_file_is_refused(
    folder: Path, source: str, name: str, row: dict[str, Any], kind: str
) -> None:
    path = write(folder / name, [row])
    with pytest.raises(
        BenchError, match=rf"{re.escape(str(path))}: {kind} is [0-9a-f]{{40,64}}, must be [0-9a-f]{{40,}}"
    ):
        obtain(SOURCES[source], place(folder))


def test_real_files_pass_and_one_changed_byte_does_not(real_data: Path, folder: Path) -> None:
    content = (real_data / "mbpp" / "sanitized-mbpp.json").read_bytes()
    path = folder / "sanitized-mbpp.json"
    path.write_bytes(content)
    obtain(SOURCES["mbpp"], place(folder))
    path.write_bytes(content[:-1] + b" ")
    with pytest.raises(BenchError, match="SHA-256"):
        obtain(SOURCES["mbpp"], place(folder))


# Damaged files


def refused(folder: Path, name: str, match: str) -> None:
    with pytest.raises(BenchError, match=match) as caught:
        list(get(folder, name.split("-")[0]).read())
    assert "again from its source" in str(caught.value)


def cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def scrambled(content: bytes) -> bytes:
    """Wrong bytes inside the compressed stream, the head kept."""
    return content[:20] + bytes(255 - byte for byte in content[20:])


def many(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Enough rows that a file has several blocks."""
    return [{**row, "task_id": f"t{number}", "problem_description": f"{number * 7919}" * 50} for number in range(3000)]


@pytest.mark.parametrize("damage", [cut, scrambled, lambda content: b"plain text"], ids=["cut", "scrambled", "no gzip"])
def test_a_damaged_gz_is_refused(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    path = write(folder / FILES["leetcode"][0], many(LEETCODE))
    path.write_bytes(damage(path.read_bytes()))
    refused(folder, "leetcode", r"\.jsonl\.gz, row \d+: cannot be read")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_parquet_is_refused(folder: Path, share: float) -> None:
    path = write(folder / "distractor" / "validation-0.parquet", [HOTPOTQA_HUB] * 2000)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refused(folder, "hotpotqa", r"validation-0\.parquet: cannot be read: ")


def test_a_parquet_with_wrong_bytes_anywhere_is_read_or_refused_and_never_crashes(folder: Path) -> None:
    path = write(
        folder / "distractor" / "validation-0.parquet", [{**HOTPOTQA_HUB, "question": f"Q{n}"} for n in range(50)]
    )
    content, refusals = path.read_bytes(), 0
    for start in range(4, len(content) - 8, 9):
        path.write_bytes(content[:start] + b"\xff\xfe\xfd\xfc" + content[start + 4 :])
        try:
            list(get(folder, "hotpotqa").read())
        except BenchError as error:
            assert "validation-0.parquet" in str(error)
            refusals += 1
    assert refusals > 20


def test_a_parquet_of_a_feature_that_the_reader_lacks_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow
    import pyarrow.parquet

    def lacks(*_: object, **__: object) -> None:
        raise pyarrow.ArrowNotImplementedError("no such codec")

    write(folder / "distractor" / "validation-0.parquet", [HOTPOTQA_HUB])
    monkeypatch.setattr(pyarrow.parquet.ParquetFile, "iter_batches", lacks)
    refused(folder, "hotpotqa", r"validation-0\.parquet: cannot be read: .*no such codec")


@pytest.mark.parametrize("name", ["mbpp", "hotpotqa"])
@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"[{", "cannot be read"),
        (b"", "cannot be read"),
        (b"{}", "must be a JSON list of rows, is a JSON dict"),
        (b"7", "must be a JSON list of rows, is a JSON int"),
        (b"[]", "holds no rows"),
        (b"[7]", "row 1: must be an object with fields, is a int"),
        (b'[["a"]]', "row 1: must be an object with fields, is a list"),
        (b"[null]", "row 1: must be an object"),
        (b'["\xff"]', "cannot be read: 'utf-8' codec"),
        (b"\xef\xbb\xbf[]", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"[" + b"9" * 5000 + b"]", "cannot be read"),
    ],
)
def test_a_damaged_json_is_refused(folder: Path, name: str, content: bytes, match: str) -> None:
    (folder / FILES[name][0]).write_bytes(content)
    refused(folder, name, f"{re.escape(FILES[name][0])}.*{match}")


@pytest.mark.parametrize(
    ("line", "match"),
    [
        (b"{broken", "row 2: cannot be read"),
        (b'{"question": "\xe9"}', "row 2: cannot be read: 'utf-8' codec"),
        (b"7", "row 2: must be an object with fields, is a int"),
        (b"null", "row 2: must be an object"),
        (b"[" * 100_000, "row 2: cannot be read"),
        (b"{}", "row 2, field `question`: Field required"),
    ],
)
def test_a_damaged_line_is_named_by_its_row(folder: Path, line: bytes, match: str) -> None:
    path = folder / FILES["popqa-flash"][0]
    good = json.dumps(POPQA_FLASH).encode()
    path.write_bytes(b"\n".join([good, b"", line, good, b""]))
    refused(folder, "popqa", rf"popqa_1000_sample\.jsonl, {match}")


@pytest.mark.parametrize("name", ["simpleqa", "popqa"])
def test_a_damaged_table_is_refused_with_its_row(folder: Path, name: str) -> None:
    """The second row, though a text file is decoded far ahead."""
    file, row = FILES[name]
    path = write(folder / file, [row, row, row])
    lines = path.read_bytes().split(b"\r\n")
    for damaged, match in (
        (lines[2] + b"\xff", "row 2: cannot be read: 'utf-8' codec"),
        (lines[2] + (b"\t" if name == "popqa" else b",") + b"more", "row 2: cannot be read: it has more fields"),
        (b"1", "row 2, field `"),
    ):
        path.write_bytes(b"\r\n".join([*lines[:2], damaged, *lines[3:]]))
        refused(folder, name, rf"{re.escape(file)}, {match}")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("name", list(FILES))
def test_another_encoding_is_refused(folder: Path, name: str, encoding: str) -> None:
    file, row = FILES[name]
    if (name, encoding) == ("popqa", "utf-8-sig"):
        # The mark stands before `id`, the one column that nobody reads.
        row = {"question": row["question"], **row}
    field = next(iter({"question", "problem", "Question", "problem_description", "prompt", "text"} & row.keys() - {""}))
    path = write(folder / file, [{**row, field: "Qu\u00e9?"}])
    zipped = path.suffix == ".gz"
    text = (gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()).decode()
    text = text.replace("\\u00e9", "\u00e9")
    path.write_bytes(gzip.compress(text.encode(encoding)) if zipped else text.encode(encoding))
    refused(folder, name, re.escape(path.name))


@pytest.mark.parametrize("name", list(FILES))
def test_an_empty_file_is_refused_and_is_no_source_without_tasks(folder: Path, name: str) -> None:
    file, row = FILES[name]
    path = write(folder / file, [row])
    path.write_bytes(gzip.compress(b"") if path.suffix == ".gz" else b"")
    refused(folder, name, rf"{re.escape(path.name)}: (holds no rows|cannot be read)")


def test_a_table_of_a_header_alone_and_a_parquet_without_rows_are_refused(folder: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    path = write(folder / "popQA.tsv", [POPQA])
    path.write_bytes(path.read_bytes().split(b"\r\n")[0] + b"\r\n")
    refused(folder, "popqa", "popQA.tsv: holds no rows")
    (folder / "distractor").mkdir()
    table = pyarrow.Table.from_pylist([HOTPOTQA_HUB])
    pyarrow.parquet.write_table(table.slice(0, 0), folder / "distractor" / "validation-0.parquet")
    refused(folder, "hotpotqa", "validation-0.parquet: holds no rows")


# Fields


TEXT = {
    "simpleqa": ["problem", "answer"],
    "popqa": ["question"],
    "popqa-flash": ["question"],
    "hotpotqa": ["question", "answer"],
    "gaia": ["task_id", "Question", "Final answer"],
    "leetcode": ["task_id", "problem_description", "starter_code", "test", "entry_point"],
    "mbpp": ["prompt", "code"],
    "mbpp-full": ["text", "code"],
}
REQUIRED = {
    **TEXT,
    "simpleqa": ["metadata", "problem", "answer"],
    "popqa": ["question", "obj", "possible_answers", "subj_id", "prop_id", "obj_id", "prop", "s_pop"],
    "popqa-flash": ["question", "metadata", "golden_answers"],
    "hotpotqa": ["question", "answer", "type"],
    "gaia": ["task_id", "Question", "Level", "Final answer", "Annotator Metadata"],
    "leetcode": [*LEETCODE],
    "mbpp": ["task_id", "prompt", "code", "test_list"],
    "mbpp-full": ["task_id", "text", "code", "test_list"],
}


def named(field: str) -> str:
    """Full MBPP rows have `text` where the sanitized have `prompt`; the message names both."""
    return r"(text|prompt)" if field == "text" else re.escape(field)


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, fields in REQUIRED.items() for field in fields])
def test_a_missing_field_is_named_with_file_and_row(folder: Path, name: str, field: str) -> None:
    file, row = FILES[name]
    without = {key: value for key, value in row.items() if key != field}
    rows = [without, without] if Path(file).suffix in (".csv", ".tsv") else [row, without]
    path = write(folder / file, rows)
    number = 1 if rows[0] is without else 2
    refused(folder, name, rf"{re.escape(path.name)}, row {number}, field `{named(field)}`")


@pytest.mark.parametrize("value", [None, {"a": 1}, [1]], ids=["null", "object", "list of a number"])
@pytest.mark.parametrize(
    ("name", "field"),
    [(name, field) for name, fields in REQUIRED.items() for field in fields if name not in ("simpleqa", "popqa")],
)
def test_a_field_of_a_wrong_type_is_named_with_file_and_row(folder: Path, name: str, field: str, value: Any) -> None:
    file, row = FILES[name]
    path = write(folder / file, [row, {**row, field: value}])
    refused(folder, name, rf"{re.escape(path.name)}, row 2, field `{re.escape(field)}[`.]")


@pytest.mark.parametrize("blank", ["", "  \n"])
@pytest.mark.parametrize(("name", "field"), [(name, field) for name, fields in TEXT.items() for field in fields])
def test_a_blank_text_is_named_with_file_and_row(folder: Path, name: str, field: str, blank: str) -> None:
    file, row = FILES[name]
    path = write(folder / file, [row, {**row, field: blank}])
    wanted = "test_list" if field == "code" else field
    refused(folder, name, rf"{re.escape(path.name)}, row 2, field `{named(wanted)}`")


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("simpleqa", "metadata", "{'topic': "),
        ("simpleqa", "metadata", "['topic']"),
        ("simpleqa", "metadata", "{'topic': 'Art'}"),
        ("simpleqa", "metadata", "{[]: 1}"),
        ("simpleqa", "metadata", "(" * 5000),
        ("simpleqa", "metadata", "open('x')"),
        ("popqa", "possible_answers", "['Zed']"),
        ("popqa", "possible_answers", "null"),
        ("popqa", "possible_answers", '"Zed"'),
        ("popqa", "possible_answers", "[1]"),
        ("popqa", "s_pop", "many"),
        ("popqa", "subj_id", ""),
        ("popqa-flash", "golden_answers", "Zed"),
        ("popqa-flash", "metadata", {"prop": "capital"}),
        ("hotpotqa", "type", "riddle"),
        ("hotpotqa", "supporting_facts", None),
        ("hotpotqa", "supporting_facts", 5),
        ("hotpotqa", "supporting_facts", ["Page A"]),
        ("hotpotqa", "supporting_facts", [[]]),
        ("hotpotqa", "supporting_facts", [[1, 0]]),
        ("hotpotqa", "supporting_facts", {"sent_id": [0]}),
        ("hotpotqa", "supporting_facts", {"title": "Page A"}),
        ("hotpotqa", "question", "\ud800"),
        ("gaia", "file_name", "../../secret"),
        ("gaia", "file_name", "/etc/passwd"),
        ("gaia", "file_name", "a\\b"),
        ("gaia", "file_name", ".."),
        ("gaia", "file_name", 7),
        ("gaia", "Annotator Metadata", {"Steps": "1."}),
        ("gaia", "Annotator Metadata", {"How long did this take?": None}),
        ("mbpp", "code", "def double(x:"),
        ("mbpp", "code", "x = '\0'"),
        ("mbpp", "test_list", []),
        ("mbpp", "test_list", ["assert other(1) == 2"]),
        ("mbpp", "test_list", ["assert double("]),
        ("mbpp", "test_list", "assert double(2) == 4"),
        ("mbpp", "task_id", "eleven"),
        ("leetcode", "difficulty", "Extreme"),
        ("leetcode", "entry_point", "inc(1)"),
        ("leetcode", "entry_point", "Solution().inc; import os"),
    ],
)
def test_a_value_that_breaks_the_schema_is_named(folder: Path, name: str, field: str, value: Any) -> None:
    file, row = FILES[name]
    path = write(folder / file, [row, {**row, field: value}])
    refused(folder, name, rf"{re.escape(path.name)}, row 2, field `{re.escape(field)}[`.]")


def test_a_fault_in_the_file_with_paragraphs_is_laid_on_that_file(folder: Path) -> None:
    write(folder / "hotpot_dev_v1_simplified.json", [{**HOTPOTQA, "supporting_facts": []}])
    write(folder / "hotpot_distractor_500.jsonl", [HOTPOTQA, {**HOTPOTQA, "supporting_facts": None}])
    refused(folder, "hotpotqa", r"hotpot_distractor_500\.jsonl, row 2, field `supporting_facts`")


def test_rows_are_counted_in_each_file(folder: Path) -> None:
    write(folder / "sanitized" / "a.parquet", [MBPP] * 3)
    write(folder / "sanitized" / "b.parquet", [MBPP, {**MBPP, "code": "def"}])
    refused(folder, "mbpp", r"b\.parquet, row 2, field `code`")


def test_a_file_of_another_format_is_refused(folder: Path) -> None:
    layout: Layout = SOURCES["mbpp"].layouts[0]
    path = folder / "mbpp.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(BenchError, match=r"mbpp\.xlsx: rows are read from"):
        list(layout.read((path,)))


# Folders and messages


@pytest.mark.parametrize("name", [name for name, source in SOURCES.items() if source.packaged is None])
def test_a_missing_source_says_which_file_to_put_where(folder: Path, name: str) -> None:
    with pytest.raises(MissingSourceError) as caught:
        obtain(SOURCES[name], place(folder))
    told = str(caught.value)
    assert SOURCES[name].title in told and str(folder / name) in told
    assert all(pattern in told for pattern in SOURCES[name].layouts[0].patterns)
    assert "data_dir" in told and DATA_DIR_VARIABLE in told


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("gaia", "https://huggingface.co/datasets/gaia-benchmark/GAIA"),
        ("hle", "https://huggingface.co/datasets/cais/hle"),
    ],
)
def test_a_gated_source_names_its_page_and_the_variable(folder: Path, name: str, page: str) -> None:
    with pytest.raises(MissingSourceError) as caught:
        obtain(SOURCES[name], place(folder))
    assert f"{page};" in str(caught.value) and "HF_TOKEN" in str(caught.value)


def test_the_variable_names_the_folder_and_an_argument_goes_first(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DATA_DIR_VARIABLE, raising=False)
    assert DataPlace.of(None).data_dir is None
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(folder))
    assert DataPlace.of(None).data_dir == folder
    assert DataPlace.of(tmp_path).data_dir == tmp_path
    assert DataPlace.of("").data_dir == folder, "an empty argument is none, not the current folder"
    monkeypatch.setenv(DATA_DIR_VARIABLE, "")
    assert DataPlace.of(None).data_dir is None and DataPlace.of("").data_dir is None


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "bench").mkdir()
    assert DataPlace.of("~/bench").data_dir == tmp_path / "bench"


@pytest.mark.parametrize("missing", ["gone", "~nobody-of-that-name/x", "a-file"])
def test_a_folder_that_is_none_is_refused_by_the_name_that_the_user_gave(
    folder: Path, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a-file").write_text("", encoding="utf-8")
    path = missing if missing.startswith("~") else str(folder / missing)
    with pytest.raises(BenchError, match=rf"^data_dir: there is no folder {re.escape(path)}"):
        DataPlace.of(path)
    monkeypatch.setenv(DATA_DIR_VARIABLE, path)
    with pytest.raises(BenchError, match=rf"^{DATA_DIR_VARIABLE}: there is no folder {re.escape(path)}"):
        DataPlace.of(None)
