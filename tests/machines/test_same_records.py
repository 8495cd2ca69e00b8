"""A run has the same records with a file and with PostgreSQL, in one process and in several."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.memory import MemoryFileError, server_address
from sale_inspect.memory.postgres import ServerStore
from sale_inspect.pools import load_pool
from tests.inspect.test_memory_resume import records
from tests.memory.postgres import TestServer
from tests.preloaded import commands

LAG = 4
Records = dict[tuple[Any, int], dict[str, Any]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Records]:
    """The samples of a run in their order, and its records with a file of SQLite."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
        patch.delenv("SALE_MINILM_DIR", raising=False)
        log = evaluated(folder, str(folder / "memory.sqlite"))
    found = records(log)
    assert sum(1 for record in found.values() if record["refined"]) >= 3
    return [str(each) for each in log.eval.dataset.sample_ids or []], found


def evaluated(folder: Path, memory: str) -> EvalLog:
    task = hst_coding(set="mini", bins="b1,b2", sandbox="local")
    (log,) = inspect_eval(
        task, solver=sale(pool="sim", memory=memory, memory_lag=LAG), epochs=2, max_samples=4,
        log_dir=str(folder / "logs"), display="none", log_realtime=False,
    )  # fmt: skip
    assert log.status == "success", log.error
    return log


def test_one_process_has_the_records_of_a_file(
    postgres: TestServer, whole: tuple[list[str], Records], tmp_path: Path
) -> None:
    address = postgres.new()
    log = evaluated(tmp_path, address)
    assert records(log) == whole[1]
    with ServerStore(server_address(address)) as store:
        counts = store.counts()
        assert (counts.runs, counts.auctions, store.open_places()) == (1, len(whole[1]), 0)


def slow_pool(folder: Path) -> Path:
    """The simulated pool with calls that take a moment, so that there is a middle to be killed in."""
    data = load_pool("sim").model_dump(mode="json")
    for agent in data["agents"]:
        agent["model_args"] = {"latency": 0.15}
    path = folder / "slow.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def shard(folder: Path, memory: str, samples: Sequence[str], index: int, of: int, pool: str = "sim") -> list[str]:
    told = {"sale_run": "one run", "sale_shard": json.dumps([index, of]), "sale_size": str(len(samples))}
    return [
        "inspect", "eval", "sale_inspect/hst_coding", "-T", "set=mini", "-T", "bins=b1,b2", "-T", "sandbox=local",
        "--solver", "sale_inspect/sale", "-S", f"pool={pool}", "-S", f"memory_lag={LAG}", "-S", f"memory={memory}",
        "--max-samples", "2", "--epochs", "2", "--sample-id", ",".join(samples[index::of]),
        *(word for key, value in told.items() for word in ("--metadata", f"{key}={value}")),
        "--log-dir", str(folder / f"shard-{index}"), "--display", "none",
    ]  # fmt: skip


def joined(folder: Path, of: int) -> Records:
    found: Records = {}
    for index in range(of):
        logs = [read_eval_log(info.name) for info in list_eval_logs(str(folder / f"shard-{index}"))]
        (done,) = [log for log in logs if log.status == "success"]
        found |= records(done)
    return found


def started(words: Sequence[str], folder: Path | None = None) -> subprocess.Popen[str]:
    """Start a command: a preloaded one, or the installed program itself, which a signal to its group ends."""
    program, *rest = words
    place = folder or Path(commands.path().split(os.pathsep)[0])
    return subprocess.Popen(
        [str(place / program), *rest],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=400)
    return output


def without_identities(found: Records) -> Records:
    return {
        key: {name: value for name, value in record.items() if name != "identities"} for key, record in found.items()
    }


def test_two_processes_that_do_every_other_sample_have_the_records_of_one(
    postgres: TestServer, whole: tuple[list[str], Records], tmp_path: Path
) -> None:
    samples, wanted = whole
    address = postgres.new()
    processes = [started(shard(tmp_path, address, samples, index, 2)) for index in range(2)]
    outputs = [ended(process) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], "\n".join(outputs)
    assert joined(tmp_path, 2) == wanted


def settled(address: str) -> int:
    """Auctions that ended; none before the first process made the memory."""
    try:
        with ServerStore(server_address(address)) as store:
            counts = store.counts()
    except MemoryFileError as error:
        assert "there is no auction memory" in str(error)
        return 0
    return counts.auctions + counts.failed


@pytest.mark.minutes
def test_a_killed_process_and_a_killed_server_change_no_record(
    postgres: TestServer, whole: tuple[list[str], Records], tmp_path: Path
) -> None:
    """kill -9 of one of two processes and of the server in the middle; the process is retried, the other goes on."""
    samples, wanted = whole
    address, pool = postgres.new(), str(slow_pool(tmp_path))
    broken, other = (
        started(shard(tmp_path, address, samples, index, 2, pool), folder)
        for index, folder in ((0, commands.CONSOLE_SCRIPTS), (1, None))
    )
    deadline = time.monotonic() + 400
    while settled(address) < len(wanted) // 3:
        assert broken.poll() is None and other.poll() is None and time.monotonic() < deadline
        time.sleep(0.3)
    os.killpg(broken.pid, signal.SIGKILL)
    broken.communicate()
    postgres.kill()
    time.sleep(1.0)
    postgres.start()
    assert settled(address) < len(wanted)
    (info,) = list_eval_logs(str(tmp_path / "shard-0"))
    retry = ["inspect", "eval-retry", info.name, "--log-dir", str(tmp_path / "shard-0"), "--display", "none"]
    again = started(retry)
    outputs = [ended(process) for process in (again, other)]
    assert [process.returncode for process in (again, other)] == [0, 0], "\n".join(outputs)
    # Identities differ between the slow pool and the one that is left alone: latency is an argument of a model.
    assert without_identities(joined(tmp_path, 2)) == without_identities(wanted)
    with ServerStore(server_address(address)) as store:
        assert store.counts().auctions == len(wanted)


def test_what_metadata_say_of_a_part_is_checked_before_anything_is_paid(tmp_path: Path) -> None:
    for metadata, said in (
        ({"sale_run": "run", "sale_shard": [0, 2]}, "Part 0 of 2 with 2 samples does not fit a run of None samples"),
        ({"sale_run": "run", "sale_shard": [2, 2], "sale_size": 16}, "the index from 0 and below the number"),
        ({"sale_shard": [0, 2], "sale_size": 16}, "must have sale_run"),
        ({"sale_run": "run", "sale_shard": [0, 2], "sale_size": 16}, "other processes do other samples of this run"),
    ):
        (log,) = inspect_eval(
            hst_coding(set="mini", bins="b1", sandbox="local"), solver=sale(pool="sim", memory="run"), limit=2,
            metadata=metadata, log_dir=str(tmp_path / "logs"), display="none", log_realtime=False,
        )  # fmt: skip
        assert log.status == "error" and log.error is not None and said in log.error.message
        assert not log.stats.model_usage
