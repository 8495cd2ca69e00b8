"""A study on a Ray of two machines, one of which is lost in the middle: the records of one process, no dollar lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd
import psutil
import pytest
from click.testing import CliRunner, Result
from inspect_ai.log import read_eval_log

from sale_inspect._cli import main
from sale_inspect._work.study import _guard
from sale_inspect._work.study._purse_file import kept_spent
from tests.preloaded.commands import folder as commands_folder
from tests.study.noted import paid, write_noted
from tests.study.test_shards import NAMES

SHARDS = 2


def study(*words: str) -> Result:
    return CliRunner().invoke(main, ["study", *words])


def wait_until(holds: Callable[[], bool], seconds: float = 400.0) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INSPECT_EVAL_MODEL", raising=False)
    write_noted(tmp_path, samples=16)
    return tmp_path


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Ray of this machine, without a CPU for tasks: `two_machines` adds those."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        # A shard has the environment in which its machine's Ray was started.
        patch.setenv("NOTED_SECONDS", "0.1")
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        yield made
        made.shutdown()


def two_machines(cluster: Any) -> Any:
    """One of the cluster's two machines for tasks."""
    while len(cluster.worker_nodes) < 2:
        cluster.add_node(num_cpus=1)
    return next(iter(cluster.worker_nodes))


def table(folder: Path) -> pd.DataFrame:
    made = pd.read_parquet(folder / "condensed/samples.parquet")
    return made[[name for name in made.columns if name not in NAMES]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """The end of the study in one process: its decision without dollars, its dollars, its records."""

    decision: dict[str, Any]
    usd: float
    records: pd.DataFrame


@pytest.fixture(scope="module")
def whole(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    made = study(str(write_noted(folder, samples=16)))
    assert made.exit_code == 0, made.output
    decision = json.loads((folder / "noted/decision.json").read_text())
    return Whole(decision=decision, usd=decision.pop("spent_usd"), records=table(folder / "noted"))


def ended_as(whole: Whole, folder: Path) -> float:
    """Check that a study has the decision and the records of one process; the dollars that it says it took."""
    decision = json.loads((folder / "decision.json").read_text())
    spent = float(decision.pop("spent_usd"))
    assert decision == whole.decision
    pd.testing.assert_frame_equal(table(folder), whole.records)
    assert spent >= whole.usd - 1e-9
    return spent


def finished(folder: Path) -> dict[tuple[str, int | str], str | None]:
    """The run of each sample that stands finished in a log, by shard and sample."""
    found = {}
    for path in sorted((folder / "logs").rglob("*.eval")):
        # A log that was killed while it was written cannot be read.
        with suppress(OSError, ValueError, KeyError, BadZipFile):
            for sample in read_eval_log(str(path)).samples or []:
                if sample.error is None and sample.scores:
                    found[str(path.parent.relative_to(folder)), sample.id] = sample.uuid
    return found


def commands() -> set[int]:
    """Processes that run a shard, by id."""
    found = set()
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "--shard" in words and "noted.yaml" in " ".join(words):
            found.add(process.pid)
    return found


def workers() -> set[int]:
    """Processes of Ray that run a shard's guard."""
    running = commands()
    return {parent for pid in running if (parent := psutil.Process(pid).ppid()) not in running}


@pytest.mark.ray
def test_a_machine_and_a_worker_are_lost_and_the_records_are_those_of_one_process(
    here: Path, cluster: Any, whole: Whole
) -> None:
    second = two_machines(cluster)
    lost: list[bool] = []
    over = threading.Event()

    def comes(holds: Callable[[], bool]) -> bool:
        return wait_until(lambda: over.is_set() or holds()) and not over.is_set()

    def lose_a_machine() -> None:
        # In the middle: a shard there has done samples and has others to do.
        if comes(lambda: paid(here) > 0.02):
            running = commands()
            cluster.remove_node(second, allow_graceful=False)
            # What ran there dies with it, all of it: only the other machine's may live.
            gone = wait_until(lambda: len([pid for pid in running if psutil.pid_exists(pid)]) <= 2, seconds=20)
            lost.append(bool(running) and gone)

    def lose_a_worker() -> None:
        if comes(lambda: (here / "noted/frozen.json").exists()):
            before = paid(here)
            if comes(lambda: paid(here) > before):
                os.kill(workers().pop(), signal.SIGKILL)
                lost.append(True)

    def lose_both() -> None:
        lose_a_machine()
        lose_a_worker()

    losing = threading.Thread(target=lose_both)
    losing.start()
    made = study("noted.yaml", "--ray", cluster.address, "--shards", str(SHARDS))
    over.set()
    losing.join()
    assert made.exit_code == 0, made.output
    assert lost == [True, True], made.output
    assert "2 machines with 2 CPUs" in " ".join(made.output.split())
    spent = ended_as(whole, here / "noted")
    # Every reply was paid once in the sum, but for what was in flight when the machine and the worker were lost.
    in_flight = 2 * 3 * 0.05
    assert paid(here) - in_flight <= spent <= paid(here) + 1e-9
    assert len(list((here / "noted/shards").glob("said-*.txt"))) == SHARDS
    assert not commands()


@pytest.mark.ray
def test_a_second_driver_is_refused_and_a_killed_one_is_followed_by_the_same_command(
    here: Path, cluster: Any, whole: Whole
) -> None:
    two_machines(cluster)
    words = ["study", "noted.yaml", "--ray", cluster.address, "--shards", str(SHARDS)]
    lock = here / "noted/locks/driver"
    with (here / "said.txt").open("w") as said:
        first = subprocess.Popen([str(commands_folder() / "sale-inspect"), *words], stdout=said, stderr=said)
        try:
            assert wait_until(lambda: lock.exists() and lock.stat().st_size > 0), (here / "said.txt").read_text()
            driver = json.loads(lock.read_text())["process"]
            # It stands still before a shard can begin, so that whatever is paid now is the second one's.
            os.kill(driver, signal.SIGSTOP)
            for other in (words[1:], ["noted.yaml"]):
                refused = study(*other)
                told = " ".join(refused.output.split())
                assert refused.exit_code == 1 and "Traceback" not in told, told
                assert f"This study is at work already, in process {driver} on {socket.gethostname()}" in told
            assert not paid(here)
            os.kill(driver, signal.SIGCONT)
            # In the middle: both shards at work on dev, some samples done.
            assert wait_until(lambda: paid(here) > 0.02), (here / "said.txt").read_text()
            running = commands()
            os.kill(driver, signal.SIGKILL)
            first.wait(60)
        finally:
            first.kill()
    # Its shards die with it, without being asked.
    assert running and wait_until(lambda: not commands(), seconds=30)
    before, uncounted = finished(here / "noted"), paid(here) - kept_spent(here / "noted", SHARDS)
    # What the kill lost of the sum: calls of six samples of two shards in a twentieth of a second.
    assert -1e-9 <= uncounted <= 6 * 0.02

    again = study(*words[1:])
    assert again.exit_code == 0, again.output
    assert ended_as(whole, here / "noted") == pytest.approx(paid(here) - uncounted)
    after = finished(here / "noted")
    assert {place: after.get(place) for place in before} == before
    assert paid(here) - whole.usd <= 6 * 0.05, "only what was in flight is paid again"


@pytest.mark.ray
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:1", "does not answer"),
        ("nowhere", "write local, auto, or HOST:PORT"),
        ("ray://127.0.0.1:10001", "is an address for clients outside the cluster"),
    ],
)
def test_an_address_that_does_not_answer_is_one_error_before_anything_is_paid(
    here: Path, address: str, said: str
) -> None:
    made = study("noted.yaml", "--ray", address)
    assert made.exit_code == 1 and said in " ".join(made.output.split()), made.output
    assert "Traceback" not in made.output and not paid(here) and not (here / "noted").exists()


@pytest.mark.ray
def test_a_port_where_something_else_answers_is_one_error(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sale_inspect._machines._join._JOIN_SECONDS", 4.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = study("noted.yaml", "--ray", f"127.0.0.1:{server.getsockname()[1]}")
    assert made.exit_code == 1 and "no cluster could be joined" in " ".join(made.output.split()), made.output
    assert not (here / "noted").exists()


def test_without_ray_the_error_says_what_to_install(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    made = study("noted.yaml", "--ray", "local")
    assert made.exit_code == 1 and "pip install 'sale-inspect[ray]'" in made.output, made.output
    for words in (["--shards", "2"], ["--ray", "local", "--shard", "1/2"], ["--ray", "local", "--forecast"]):
        assert study("noted.yaml", *words).exit_code == 2


CHILD = (
    "import os, subprocess, sys, time; c = subprocess.Popen(['sleep', '60']); print(c.pid, flush=True); time.sleep(60)"
)


@pytest.mark.parametrize("how", ["its caller is killed", "it is killed itself"])
def test_a_guarded_command_does_not_outlive_its_caller(how: str) -> None:
    guard = Path(_guard.__file__).read_text(encoding="utf-8")
    caller = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-I', '-c', sys.argv[1], sys.executable, '-c', sys.argv[2]], "
        "stdin=subprocess.PIPE, start_new_session=True)\n"
        "print(p.pid, flush=True)\np.wait()\n"
    )
    if how == "it is killed itself" and sys.platform != "linux":
        pytest.skip("only Linux kills a command whose guard was killed")
    process = subprocess.Popen([sys.executable, "-c", caller, guard, CHILD], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    guarding, below = (int(process.stdout.readline()) for _ in range(2))
    command = psutil.Process(guarding).children()[0].pid
    os.kill(process.pid if how == "its caller is killed" else guarding, signal.SIGKILL)
    try:
        assert wait_until(lambda: not _lives(command), seconds=20)
        if how == "its caller is killed":
            assert wait_until(lambda: not _lives(below) and not _lives(guarding), seconds=20)
    finally:
        for each in (process.pid, guarding, command, below):
            if _lives(each):
                os.kill(each, signal.SIGKILL)
        process.wait()


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_guard_passes_on_how_its_command_ended() -> None:
    guard = Path(_guard.__file__).read_text(encoding="utf-8")
    for code, wanted in (("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)):
        words = [sys.executable, "-I", "-c", guard, sys.executable, "-c", code]
        with subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True) as process:
            assert process.wait(30) == wanted
