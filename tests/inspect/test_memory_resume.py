"""A run that was killed and resumed has the same auctions as one that was not; so have frozen and grown memories."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai.log import EvalLog, EvalSample, list_eval_logs, read_eval_log, read_eval_log_sample
from inspect_ai.util import store_from_events

from sale_inspect import SaleError
from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.memory import MemoryStore
from sale_inspect.pools import load_pool
from tests.preloaded import commands

from .conftest import RunEval

LAG = 4


def store_of(sample: EvalSample, location: str) -> dict[str, Any]:
    """The sample's store; one that Inspect took over from a killed run's buffer has it only in its events."""
    if sample.store:
        return sample.store
    whole = read_eval_log_sample(location, sample.id, sample.epoch, resolve_attachments="full")
    return dict(store_from_events(whole.events).items())


def records(log: EvalLog) -> dict[tuple[Any, int], dict[str, Any]]:
    found = {}
    for sample in log.samples or []:
        record = read(store_of(sample, log.location)).auction
        assert record is not None
        # Identities differ between the slow pool and the one that is left alone: latency is an argument of a model.
        found[sample.id, sample.epoch] = record.model_dump(mode="json", exclude={"identities"})
    return found


def slow_pool(folder: Path) -> Path:
    """The simulated pool with calls that take a moment, so that there is a middle to be killed in."""
    data = load_pool("sim").model_dump(mode="json")
    for agent in data["agents"]:
        agent["model_args"] = {"latency": 0.15}
    path = folder / "slow.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def command(folder: Path, *words: str) -> list[str]:
    return ["inspect", *words, "--log-dir", str(folder), "--display", "none"]


def evaluate(folder: Path, pool: Path) -> list[str]:
    return command(
        folder, "eval", "sale_inspect/hst_coding", "-T", "set=mini", "-T", "bins=b1,b2", "-T", "sandbox=local",
        "--solver", "sale_inspect/sale", "-S", f"pool={pool}", "-S", f"memory_lag={LAG}", "--max-samples", "6",
        "--epochs", "2",
    )  # fmt: skip


def the_log(folder: Path) -> EvalLog:
    logs = [read_eval_log(info.name) for info in list_eval_logs(str(folder))]
    (done,) = [log for log in logs if log.status == "success"]
    return done


def settled(folder: Path) -> int:
    # A run makes its file before it writes the first page of it.
    files = [file for file in folder.glob("*.sqlite") if file.stat().st_size > 0]
    if not files:
        return 0
    with MemoryStore(files[0], mode="read") as store:
        return sum(len(store.settled(run.key)) for run in store.runs())


def test_a_killed_run_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """kill -9 in the middle, then eval-retry: every record equals that of the run that was left alone."""
    pool = slow_pool(tmp_path)
    memory = tmp_path / "memories"
    environment = {**os.environ, "SALE_MEMORY_DIR": str(memory)}
    # What is left alone need not be slow: a record holds no time.
    whole = commands.run(*evaluate(tmp_path / "whole", Path("sim")), cwd=tmp_path, environment=environment)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    wanted = records(the_log(tmp_path / "whole"))
    assert sum(1 for record in wanted.values() if record["refined"]) >= 3
    assert not list(memory.iterdir())

    # The installed program itself: a signal to its group must reach all that it started.
    program, *words = evaluate(tmp_path / "broken", pool)
    broken = subprocess.Popen(
        [str(commands.CONSOLE_SCRIPTS / program), *words], env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while settled(memory) < len(wanted) // 3:
        assert broken.poll() is None and time.monotonic() < deadline
        time.sleep(0.2)
    os.killpg(broken.pid, signal.SIGKILL)
    broken.wait()
    kept = settled(memory)
    assert len(wanted) // 3 <= kept < len(wanted)

    (info,) = list_eval_logs(str(tmp_path / "broken"))
    retry = command(tmp_path / "broken", "eval-retry", info.name)
    ran = commands.run(*retry, cwd=tmp_path, environment=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert records(the_log(tmp_path / "broken")) == wanted
    assert not list(memory.iterdir())


def run_sale(run_eval: RunEval, bins: str, **options: Any) -> EvalLog:
    log = run_eval(hst_coding(set="mini", bins=bins, sandbox="local"), sale(pool="sim", **options), max_samples=4)
    assert log.status == "success", log.error
    return log


def test_a_file_grows_over_runs_and_a_frozen_one_does_not(run_eval: RunEval, tmp_path: Path) -> None:
    file = str(tmp_path / "memory.sqlite")
    first = run_sale(run_eval, "b1", memory=file, memory_lag=4)
    with MemoryStore(file, mode="read") as store:
        held = store.counts().auctions
    assert held == len(first.samples or [])
    content = Path(file).read_bytes()
    frozen = [run_sale(run_eval, "b2", memory=file, frozen=True) for _ in range(2)]
    assert Path(file).read_bytes() == content
    assert records(frozen[0]) == records(frozen[1])
    looked = [r["refinement"] for r in records(frozen[0]).values() if r["refinement"]["neighbours"]]
    assert looked and all(each["visible"] == held for each in looked)
    assert {near["run"] for each in looked for near in each["neighbours"]} == {first.eval.task_id}
    grown = run_sale(run_eval, "b2", memory=file, memory_lag=4)
    with MemoryStore(file, mode="read") as store:
        assert store.counts().auctions == held + len(grown.samples or [])
    seen = [r["refinement"]["visible"] for r in records(grown).values() if r["refinement"]["neighbours"]]
    assert seen and min(seen) >= held


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"memory": "run", "frozen": True}, "frozen=true needs a file"),
        ({"memory": "nowhere/at/all.sqlite"}, "there is no folder nowhere"),
        ({"memory": "absent.sqlite", "frozen": True}, "absent.sqlite"),
        ({"winning": "luck"}, "winning must be one of auction, outcome"),
        ({"drop": "tone"}, "drop: unknown term 'tone'"),
        ({"judges": "70b"}, "judges: '70b' is neither all"),
        ({"without": "70b"}, "without: '70b' is not in the pool"),
        ({"defences": "luck"}, "defences: unknown defence 'luck'"),
        ({"jury": "grand"}, "jury must be one of individual, panel"),
    ],
)
def test_a_wrong_argument_is_one_error_before_the_run(options: dict[str, Any], said: str) -> None:
    with pytest.raises(SaleError, match=said):
        sale(pool="sim", **options)
