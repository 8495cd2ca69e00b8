"""A study in shards: the decision of one process, whoever ran which samples, and no dollar twice or beyond the cap."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from sale_inspect._errors import StudyError
from sale_inspect._work.study._locks import held, lock_file
from tests.study.test_run import CALLS, TASK, decision, pool, study

STUDY = """
name: quiz study
pool: pool.yaml
tasks: [{task: quiz.py@quiz, args: {n: 21}}]
split: {dev_share: 0.5}
policies: {sale: [{name: sale, memory: off}]}
harness: {execute: task}
cap: 5
embedder: hashing
max_samples: 6
"""
NAMES = ("log", "log_path", "run", "uuid", "seconds")
"""Columns that name a run, or its time."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INSPECT_EVAL_MODEL", raising=False)
    CALLS.clear()
    (tmp_path / "quiz.py").write_text(TASK, encoding="utf-8")
    (tmp_path / "pool.yaml").write_text(pool("small", "large"), encoding="utf-8")
    (tmp_path / "quiz.yaml").write_text(STUDY, encoding="utf-8")
    yield tmp_path


def table(folder: Path) -> pd.DataFrame:
    made = pd.read_parquet(folder / "condensed/samples.parquet")
    return made[[name for name in made.columns if name not in NAMES]]


def test_shards_in_any_order_come_to_the_decision_of_one_process(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = study("quiz.yaml", "--out", "whole")
    assert whole.exit_code == 0, whole.output
    wanted, calls = json.loads((here / "whole/decision.json").read_text()), Counter(CALLS)
    CALLS.clear()

    first = study("quiz.yaml", "--shard", "2/3", "--wait", "0")
    assert first.exit_code == 1 and "Shards 1/3, 3/3 have " in first.output, first.output
    assert "dev runs left" in first.output and "--shard 1/3" in first.output
    early = study("collect", "quiz.yaml")
    assert early.exit_code == 1 and "Shards 1/3, 3/3 have" in early.output, early.output
    refused = study("quiz.yaml", "--shard", "1/3", "--side", "test")
    assert refused.exit_code == 1 and "Shards 1/3, 3/3 have" in refused.output, refused.output
    done = study("quiz.yaml", "--shard", "1/3", "--side", "dev")
    assert done.exit_code == 0 and "Shard 1/3 has done dev" in " ".join(done.output.split()), done.output
    # The last one to do dev fits, for all, and goes on.
    monkeypatch.setenv("SALE_SHARD_INDEX", "2")
    monkeypatch.setenv("SALE_SHARD_COUNT", "3")
    last = study("quiz.yaml", "--shard", "env", "--wait", "0", "--json", "last.json")
    assert last.exit_code == 0 and "Frozen:" in last.output, last.output
    assert json.loads((here / "last.json").read_text())["shard"] == "3/3"
    lacking = study("collect", "quiz.yaml")
    assert lacking.exit_code == 1 and "Shards 1/3, 2/3 have" in lacking.output and "test runs left" in lacking.output
    for number in (1, 2):
        made = study("quiz.yaml", "--shard", f"{number}/3", "--wait", "0")
        assert made.exit_code == 0 and "Frozen:" not in made.output, made.output
    end = study("collect", "quiz.yaml")
    assert end.exit_code == 0, end.output

    said = decision(here)
    assert {**said, "spent_usd": 0} == {**wanted, "spent_usd": 0}
    assert said["spent_usd"] == pytest.approx(wanted["spent_usd"])
    assert calls == CALLS, "each task ran as often as in one process"
    pd.testing.assert_frame_equal(table(here / "quiz"), table(here / "whole"))
    assert study("verify", "quiz").exit_code == 0
    before = Counter(CALLS)
    assert study("quiz.yaml", "--shard", "2/3").exit_code == 0
    assert before == CALLS, "a shard that is done runs nothing"


def test_one_process_finishes_what_shards_left(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_ran(*_: object, **__: object) -> None:
        raise StudyError("All runs are done.")

    # The page is that of the test above.
    monkeypatch.setattr("sale_inspect._work.study._run.end_of_study", all_ran)
    assert study("quiz.yaml", "--shard", "1/2", "--side", "dev").exit_code == 0
    alone = Counter(CALLS)
    made = study("quiz.yaml")
    assert "All runs are done." in made.output and "shard 2/2" in made.output, made.output
    assert all(CALLS[name] >= count for name, count in alone.items())
    assert max(count for name, count in CALLS.items() if name.startswith("small")) <= 3
    assert study("status", "quiz.yaml").output.count("done") == 5


def test_the_cap_holds_over_all_shards(here: Path) -> None:
    text = (here / "quiz.yaml").read_text(encoding="utf-8").replace("max_samples: 6", "max_samples: 2")
    (here / "quiz.yaml").write_text(text.replace("cap: 5", "cap: 0.09"), encoding="utf-8")
    assert study("quiz.yaml", "--shard", "1/2", "--side", "dev").exit_code == 0
    spent = sum(json.loads(path.read_text())["usd"] for path in (here / "quiz/shards").glob("spent-*.json"))
    assert 0 < spent < 0.09
    stopped = study("quiz.yaml", "--shard", "2/2", "--wait", "0")
    assert stopped.exit_code == 1 and "The cap is reached" in " ".join(stopped.output.split()), stopped.output
    spent = sum(json.loads(path.read_text())["usd"] for path in (here / "quiz/shards").glob("spent-*.json"))
    # One sample in flight in this shard, an agent's call.
    assert 0.09 <= spent <= 0.09 + 0.011
    (here / "quiz.yaml").write_text(text, encoding="utf-8")
    assert study("quiz.yaml", "--shard", "2/2", "--wait", "0").exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("memory: off", "memory: run", "is one process's SQLite file, and 4 processes cannot share it"),
        ("memory: off", "memory: 'postgresql://h/d', options: {memory_lag: 3}", "with memory_lag=3 at most 3 samples"),
        ("memory: off", "memory: 'postgresql://me@/d?host=/nowhere', options: {memory_lag: 6}", "cannot be reached"),
        ("memory: off", "memory: 'postgresql://me:secret@h/d'", "a password stands in the environment"),
        ("max_samples: 6", "max_samples: 3", "3 samples at once cannot be shared by 4 shards"),
        ("cap: 5", "cap: 0.00001", "below the least that the study can cost"),
    ],
)
def test_a_study_that_cannot_be_divided_is_one_error_before_anything_is_paid(
    here: Path, old: str, new: str, said: str
) -> None:
    text = (here / "quiz.yaml").read_text(encoding="utf-8")
    (here / "quiz.yaml").write_text(text.replace(old, new), encoding="utf-8")
    made = study("quiz.yaml", "--shard", "1/4")
    assert made.exit_code == 1 and said in " ".join(made.output.split()), made.output
    assert "Traceback" not in made.output and not CALLS and not (here / "quiz").exists()


def test_connections_of_an_agent_are_shared_or_refused(here: Path) -> None:
    limited = pool("small", "large").replace("tool_calls: false", "tool_calls: false\n    config: {max_connections: 2}")
    (here / "pool.yaml").write_text(limited, encoding="utf-8")
    made = study("quiz.yaml", "--shard", "1/4")
    assert made.exit_code == 1 and "2 connections at once" in made.output and not CALLS


def test_a_study_keeps_its_number_of_shards_and_a_shard_its_process(here: Path) -> None:
    with held(lock_file(here / "quiz", "study"), "This study"):
        made = study("quiz.yaml", "--shard", "1/2", "--side", "dev")
        assert made.exit_code == 1 and "This study is at work already, in process" in " ".join(made.output.split())
    assert not CALLS
    with held(lock_file(here / "quiz", "study"), "This study", shared=True):
        made = study("quiz.yaml")
        assert made.exit_code == 1 and "This study is at work already" in " ".join(made.output.split())
    other = study("quiz.yaml", "--shard", "1/3")
    assert other.exit_code == 1 and "is divided into 2 shards, not 3" in " ".join(other.output.split())
    (here / "undivided").mkdir()
    (here / "undivided/pool.yaml").write_text("{}", encoding="utf-8")
    other = study("quiz.yaml", "--out", "undivided", "--shard", "1/2")
    assert other.exit_code == 1 and "began in one process" in " ".join(other.output.split())
    assert study("quiz.yaml", "--side", "dev").exit_code == 2
    assert study("quiz.yaml", "--shard", "1/2", "--side", "dev", "--wait", "1").exit_code == 2
