"""hst_mini is what it says: right answers, tests that tell right from wrong, estimated times."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import pytest

from sale_inspect.bench import (
    BINS,
    Domain,
    ProgramVerdict,
    TaskItem,
    estimated_minutes,
    job,
    read_verdict,
    runner_source,
)
from sale_inspect.bench.sources import mini_corpus, mini_items

HERE = Path(__file__).parent / "hst_mini"
DOMAINS: tuple[Domain, ...] = get_args(Domain)
FUNCTIONS = [item for item in mini_items("coding") if item.kind == "function"]


def run(item: TaskItem, program: Path, seconds: float = 10) -> ProgramVerdict:
    work = job(
        program.read_text(encoding="utf-8"),
        setup=item.setup,
        tests=item.tests,
        seconds=seconds,
        memory_mb=1024,
        entry_point=item.entry_point,
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-c", runner_source()],
        input=work,
        capture_output=True,
        text=True,
        timeout=seconds + 20,
    )
    return read_verdict(answer.stdout, answer.returncode)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_cell_has_at_least_six_tasks(domain: Domain) -> None:
    counts = Counter(item.bin for item in mini_items(domain))
    assert all(counts[b.name] >= 6 for b in BINS)


def test_there_are_at_least_sixty_tasks_with_ids_of_their_own() -> None:
    ids = [item.id for domain in DOMAINS for item in mini_items(domain)]
    assert len(ids) >= 60
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("domain", DOMAINS)
def test_human_times_are_estimated_by_the_written_formula(domain: Domain) -> None:
    for item in mini_items(domain):
        assert item.effort is not None
        text = " ".join([item.question, *item.choices])
        assert estimated_minutes(text, item.effort, kind=item.kind) == pytest.approx(item.tau_minutes, abs=0.0011)
        assert item.tau_provenance == "estimated"


@pytest.mark.parametrize("item", FUNCTIONS, ids=lambda item: item.id)
def test_the_tests_accept_the_reference_and_reject_three_wrong_programs(item: TaskItem) -> None:
    folder = HERE / "programs" / item.id
    wrong = sorted(folder.glob("wrong_*.py"))
    assert len(wrong) >= 3
    with ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(lambda program: run(item, program), [folder / "reference.py", *wrong]))
    assert verdicts[0].passed, verdicts[0].reason
    assert not any(verdict.passed for verdict in verdicts[1:])


def test_every_program_belongs_to_a_task() -> None:
    assert {folder.name for folder in (HERE / "programs").iterdir()} == {item.id for item in FUNCTIONS}


def test_answers_of_the_search_tasks_follow_from_the_facts_behind_the_corpus() -> None:
    spec = importlib.util.spec_from_file_location("hst_mini_answers", HERE / "answers.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    derived = module.derive(json.loads((HERE / "facts.json").read_text(encoding="utf-8")))
    assert derived == {item.id: item.answer for item in mini_items("deep_search")}


def test_the_pages_that_a_search_task_needs_are_in_the_corpus() -> None:
    corpus = mini_corpus()
    for item in mini_items("deep_search"):
        assert item.pages
        assert all(corpus.page(title) is not None for title in item.pages)


def test_no_search_question_holds_its_answer() -> None:
    for item in mini_items("deep_search"):
        assert item.answer.casefold() not in item.question.casefold()


def test_letters_of_the_choices_are_balanced_and_length_is_no_cue() -> None:
    asked = [item for item in mini_items("coding") if item.kind == "mcq"]
    letters = Counter(item.answer for item in asked)
    assert max(letters.values()) - min(letters[letter] for letter in "ABCD") <= 1
    longest = 0.0
    for item in asked:
        sizes = [len(choice) for choice in item.choices]
        top = [i for i, size in enumerate(sizes) if size == max(sizes)]
        longest += ("ABCD".index(item.answer) in top) / len(top)
    assert longest / len(asked) <= 0.35


def test_the_simulators_answer_key_is_made_from_these_programs() -> None:
    spec = importlib.util.spec_from_file_location("hst_mini_key", HERE / "build_answer_key.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.KEY.read_text(encoding="utf-8") == module.answer_key(), (
        "Run: python tests/bench/hst_mini/build_answer_key.py"
    )
