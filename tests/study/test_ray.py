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
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
from click.testing import CliRunner, Result

from sale_inspect._cli import main
from sale_inspect._work.study import _guard
from tests.study.noted import paid, write_noted
from tests.study.test_shards import NAMES

SHARDS = 2


def study(*words: str) -> Result:
    return CliRunner().invoke(main, ["study", *words])


def wait_until(holds: Callable[[], bool], seconds: float = 120.0) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INSPECT_EVAL_MODEL", raising=False)
    monkeypatch.setenv("NOTED_SECONDS", "0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_noted(tmp_path, samples=16)
    return tmp_path


@pytest.fixture
def cluster(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield made
    made.shutdown()


def table(folder: Path) -> pd.DataFrame:
    made = pd.read_parquet(folder / "condensed/samples.parquet")
    return made[[name for name in made.columns if name not in NAMES]]


def commands() -> set[int]:
    """Processes that run a shard, by id."""
    found = set()
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "--shard" in words and "noted.yaml" in " ".join(words):
            found.add(process.pid)
    return found


@pytest.mark.ray
def test_a_machine_is_lost_and_the_records_are_those_of_one_process(here: Path, cluster: Any) -> None:
    alone = study("noted.yaml", "--out", "whole")
    assert alone.exit_code == 0, alone.output
    wanted, before = json.loads((here / "whole/decision.json").read_text()), paid(here)
    first, second = cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)
    lost: list[bool] = []

    def lose_a_machine() -> None:
        # In the middle: a shard there has done samples and has others to do.
        if wait_until(lambda: paid(here) > before + 0.02):
            running = commands()
            cluster.remove_node(second, allow_graceful=False)
            # What ran there dies with it, all of it: only the other machine's may live.
            gone = wait_until(lambda: len([pid for pid in running if psutil.pid_exists(pid)]) <= 2, seconds=20)
            lost.append(bool(running) and gone)

    threading.Thread(target=lose_a_machine).start()
    made = study("noted.yaml", "--ray", cluster.address, "--shards", str(SHARDS))
    assert made.exit_code == 0, made.output
    assert lost == [True], made.output
    assert "2 machines with 2 CPUs" in " ".join(made.output.split())
    said = json.loads((here / "noted/decision.json").read_text())
    assert {**said, "spent_usd": 0} == {**wanted, "spent_usd": 0}
    pd.testing.assert_frame_equal(table(here / "noted"), table(here / "whole"))
    # Every reply was paid once in the sum, but for what was in flight when the machine was lost.
    in_flight = 3 * 0.05
    assert paid(here) - before - in_flight <= said["spent_usd"] <= paid(here) - before + 1e-9
    assert said["spent_usd"] >= wanted["spent_usd"] - 1e-9
    assert len(list((here / "noted/shards").glob("said-*.txt"))) == SHARDS
    assert first is not None and not commands()


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
