"""A run that the user interrupts, or that fails, keeps what was finished, and `inspect eval-retry` ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai import eval_retry
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from sale_inspect._inspect.solvers._sale import sale

from .conftest import Bench, Client, check_ledger, sample_of, uncounted_of
from .server import Phase

INSPECT = str(Path(sys.executable).with_name("inspect"))
NAMES = ("small", "big")
TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes


@task
def times():
    asking = "Question {}: what is 6 times 7?"
    return Task(dataset=[Sample(id=i, input=asking.format(i), target="42") for i in range(3)], scorer=includes())
"""


def _hear_interrupts() -> None:
    """A child of a process in the background inherits that interrupts are ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    """The command line in a group of its own, with the usual answer to an interrupt."""
    return subprocess.Popen(
        [INSPECT, *words, "--log-dir", str(folder / "logs"), "--display", "none", "--max-samples", "1"],
        cwd=folder,
        env={**os.environ, "INSPECT_EVAL_MODEL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_hear_interrupts,
    )


def evaluate(bench: Bench, folder: Path) -> subprocess.Popen[bytes]:
    (folder / "times.py").write_text(TASK, encoding="utf-8")
    return start(
        folder, "eval", "times.py", "--solver", "sale_inspect/sale", "-S", f"pool={bench.pool(NAMES)}",
        "-S", "check=false", "-S", "call_timeout=20", "--log-buffer", "1",
    )  # fmt: skip


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        if condition():
            return
        assert process.poll() is None, process.communicate()[0].decode()
        time.sleep(0.1)
    pytest.fail("the run did not get there")


def nobody_left(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def newest(folder: Path) -> EvalLog:
    info = max(list_eval_logs(str(folder / "logs")), key=lambda each: each.mtime or 0.0)
    return read_eval_log(info)


def retry_by_command(folder: Path, log: EvalLog) -> None:
    process = start(folder, "eval-retry", log.location)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()


def retry_by_code(folder: Path, log: EvalLog) -> None:
    eval_retry(log, log_dir=str(folder / "logs"), display="none", max_samples=1)


CASES: list[tuple[Client, Phase, Callable[[Path, EvalLog], None]]] = [
    ("openai", "execute", retry_by_command),
    ("anthropic", "bid", retry_by_code),
]


@pytest.mark.parametrize(("client", "phase", "retry"), CASES, ids=["execute", "bid"])
def test_an_interrupt_keeps_the_finished_and_a_retry_ends_the_rest(
    benches: dict[Client, Bench],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
    phase: Phase,
    retry: Callable[[Path, EvalLog], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    bench = benches[client]
    bench.config = {}
    bench.script({})
    server = bench.server
    server.questions["big", phase] = {1: "hang"}
    process = evaluate(bench, tmp_path)
    until(lambda: server.asked["big", phase, 1] == 1, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert nobody_left(process.pid)
    log = newest(tmp_path)
    assert log.status == "cancelled"
    first = sample_of(log, 0)
    assert first.scores is not None and first.scores["includes"].value == "C"
    broken = sample_of(log, 1)
    (call,) = uncounted_of(broken)
    assert (call["phase"], call["agent"]) == (phase, "big")
    # The auction of the sample that was interrupted is paid; if it was decided, its record is kept.
    assert (broken.store.get("AuctionStore:record") is not None) == (phase == "execute")
    check_ledger(bench, log.samples or [], NAMES)

    before = {key: number for key, number in server.asked.items() if key[2] == 0}
    server.questions.clear()
    retry(tmp_path, log)
    again = newest(tmp_path)
    assert again.status == "success"
    for number in range(3):
        sample = sample_of(again, number)
        assert sample.error is None and sample.scores is not None
    # The sample that was finished is not paid again.
    assert {key: number for key, number in server.asked.items() if key[2] == 0} == before
    assert sample_of(again, 0).uuid == first.uuid


def test_after_a_server_failed_a_retry_ends_the_run(
    benches: dict[Client, Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bench = benches["openai"]
    bench.config = {}
    bench.script({})
    bench.server.questions["big", "execute"] = {1: "bad key"}
    Path("times.py").write_text(TASK, encoding="utf-8")
    solver = sale(pool=bench.pool(NAMES), check=False)
    inspect_eval(
        "times.py", solver=solver, log_dir=str(tmp_path / "logs"), display="none", log_realtime=False, max_samples=1
    )
    log = newest(tmp_path)
    assert log.status == "error"
    first = sample_of(log, 0)
    assert first.scores is not None and sample_of(log, 1).error is not None
    check_ledger(bench, log.samples or [], NAMES)

    bench.script({})
    retry_by_code(tmp_path, log)
    again = newest(tmp_path)
    assert again.status == "success"
    assert [sample.scores is not None for sample in again.samples or []] == [True] * 3
    # The finished sample is taken over, not asked for again.
    assert not any(key[2] == 0 for key in bench.server.asked)
    check_ledger(bench, [sample_of(again, 1), sample_of(again, 2)], NAMES)
