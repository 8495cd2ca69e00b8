"""A study whose shards share one auction memory in PostgreSQL has the records and the decision of one process."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from inspect_ai.log import read_eval_log

from sale_inspect._cli import main
from sale_inspect.memory import server_address
from sale_inspect.memory.postgres import ServerStore
from tests.inspect.conftest import isolate
from tests.inspect.test_memory_resume import records
from tests.machines.test_same_records import ended, settled, started
from tests.memory.postgres import TestServer
from tests.study.noted import paid, write_noted
from tests.study.test_shards import NAMES

SHARDS, LAG, SAMPLES = 2, 3, 24


def study(*words: str) -> Result:
    return CliRunner().invoke(main, ["study", *words])


def written(folder: Path, memory: str) -> Path:
    """A study with an auction that refines."""
    file = write_noted(folder, samples=SAMPLES)
    policy = f"{{name: sale, memory: '{memory}', options: {{memory_lag: {LAG}}}}}"
    text = file.read_text(encoding="utf-8").replace("{name: sale, memory: off}", policy)
    assert memory in text
    file.write_text(text, encoding="utf-8")
    return file


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """The end of a study: its decision without dollars, its dollars, its tables, and each auction by sample."""

    decision: dict[str, Any]
    usd: float
    tables: list[pd.DataFrame]
    auctions: dict[Any, Any]


def end_of(folder: Path) -> End:
    decision = json.loads((folder / "decision.json").read_text())
    tables = [pd.read_parquet(folder / "condensed" / f"{name}.parquet") for name in ("samples", "bids")]
    auctions: dict[Any, Any] = {}
    for path in sorted((folder / "logs/test/sale").rglob("*.eval")):
        log = read_eval_log(str(path))
        if log.status == "success" and not any(sample.error for sample in log.samples or []):
            # A record names the kind of memory.
            auctions |= {key: {**record, "memory": ""} for key, record in records(log).items()}
    return End(
        usd=decision.pop("spent_usd"),
        decision=decision,
        tables=[each[[name for name in each.columns if name not in NAMES]] for each in tables],
        auctions=auctions,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> End:
    """The study in one process, with a file of SQLite."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        patch.setenv("NOTED_SECONDS", "0.01")
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        file = written(folder, "run")
        made = study(str(file))
        assert made.exit_code == 0, made.output
        found = end_of(file.with_suffix(""))
    assert len(found.auctions) >= 8
    assert sum(1 for record in found.auctions.values() if record["refined"]) >= 2
    return found


def same(found: End, whole: End, address: str) -> None:
    assert found.auctions == whole.auctions
    for one, other in zip(found.tables, whole.tables, strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert found.decision == whole.decision
    with ServerStore(server_address(address)) as store:
        assert (store.counts().auctions, store.open_places()) == (len(whole.auctions), 0)


def test_shards_that_share_a_memory_come_to_the_records_and_the_decision_of_one_process(
    postgres: TestServer, whole: End, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTED_SECONDS", "0.01")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    address = postgres.new()
    file = written(tmp_path, address)
    processes = [started(["sale-inspect", "study", str(file), "--shard", f"{n + 1}/{SHARDS}"]) for n in range(SHARDS)]
    outputs = [ended(process) for process in processes]
    assert [process.returncode for process in processes] == [0] * SHARDS, "\n".join(outputs)
    joined = study("collect", str(file))
    assert joined.exit_code == 0, joined.output
    found = end_of(file.with_suffix(""))
    same(found, whole, address)
    assert found.usd == pytest.approx(whole.usd)
    assert found.usd == pytest.approx(paid(tmp_path))


@pytest.mark.ray
@pytest.mark.minutes
def test_a_machine_and_the_database_are_lost_among_auctions_that_share_a_memory(
    postgres: TestServer, whole: End, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine comes for the one that is lost, and takes its samples over."""
    monkeypatch.setenv("NOTED_SECONDS", "0.2")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    from ray.cluster_utils import Cluster

    address = postgres.new()
    file = written(tmp_path, address)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    left = 0
    try:
        _, second = (cluster.add_node(num_cpus=1) for _ in range(SHARDS))
        process = started(["sale-inspect", "study", str(file), "--ray", cluster.address, "--shards", str(SHARDS)])
        while settled(address) < 2:
            assert process.poll() is None, ended(process)
            time.sleep(0.1)
        cluster.remove_node(second, allow_graceful=False)
        postgres.kill()
        time.sleep(1.0)
        postgres.start()
        left = len(whole.auctions) - settled(address)
        cluster.add_node(num_cpus=1)
        said = ended(process)
    finally:
        cluster.shutdown()
    assert process.returncode == 0, said
    assert left > 0
    found = end_of(file.with_suffix(""))
    same(found, whole, address)
    # What was in flight on the lost machine was paid again, and may not be in the sum.
    assert whole.usd - 1e-9 <= found.usd <= paid(tmp_path) + 1e-9 <= found.usd + 0.3
