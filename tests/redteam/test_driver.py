"""The driver for real pools, on a pool of simulated weak judges: what it asks, keeps and decides."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.redteam import ATTACKS, SETTINGS

from .test_simulated import attack_pool, held, record_of

DRIVER = Path(__file__).parents[2] / "benchmarks" / "redteam.py"
Run = Callable[..., str]


@pytest.fixture(scope="module")
def driver() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarks_redteam", DRIVER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(driver: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the driver on the logs of three honest auctions; gives what it says on stderr and stdout."""
    monkeypatch.setenv("SALE_MEMORY_DIR", str(tmp_path / "memory"))
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    pool = attack_pool(tmp_path, {})
    held(pool, tmp_path, SETTINGS["default"], "individual", hst_coding(set="mini", bins="b1", sandbox="local"), 3)

    def call(*arguments: str) -> str:
        capsys.readouterr()
        driver.main(["--pool", pool, "--logs", str(tmp_path / "logs"), "-o", str(tmp_path / "out.jsonl"), *arguments])
        captured = capsys.readouterr()
        return captured.err + captured.out

    return call


def rows(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


def asked_now(text: str) -> int:
    found = re.search(r"(\d+) are still to be asked", text)
    assert found is not None
    return int(found[1])


def test_a_run_asks_keeps_and_reports_and_a_second_one_asks_nothing(run: Run, tmp_path: Path) -> None:
    """3 auctions x 2 forms x (honest + the order) = 12 panels of 4 judges."""
    arguments = ("--attacks", "orders_five", "--attackers", "4b", "--jury", "panel")
    first = run(*arguments)
    assert asked_now(first) == 12 == len(rows(tmp_path))
    assert "12 sets of ratings, 48 calls" in first and "| orders_five | 4b |" in first
    second = run(*arguments)
    assert asked_now(second) == 0
    assert second.splitlines()[-6:] == first.splitlines()[-6:]


def test_only_what_changed_is_asked_one_by_one_and_ratings_of_attackers_need_no_call(run: Run) -> None:
    """Individually: honest 4 plans, the attacker's 1 plan; `pair_by_name` changes no plan at all."""
    said = run("--attacks", "orders_five", "--attackers", "4b", "--settings", "default", "--dry-run")
    assert "6 are still to be asked, about 60 calls" in said
    said = run("--attacks", "pair_by_name", "--attackers", "4b", "--settings", "default", "--dry-run")
    assert "3 are still to be asked, about 48 calls" in said


def test_honest_ratings_asked_again_are_those_of_the_log(run: Run, tmp_path: Path, driver: ModuleType) -> None:
    run("--attacks", "placebo", "--attackers", "4b", "--settings", "default")
    found = driver.recorded([str(tmp_path / "logs")], driver.load_pool(str(tmp_path / "attack.yaml")), 0)
    honest = {row["auction"]: row["ratings"] for row in rows(tmp_path) if row["what"] == "honest"}
    assert len(found) == 3
    for each in found:
        assert honest[each.name] == {bid.agent: bid.ratings for bid in each.record.bids}
        assert "# Environment" in each.prefix and "# Your rating" not in each.prefix


def test_the_figures_are_the_auctions_won(run: Run, tmp_path: Path) -> None:
    """Judges that always obey: the order wins all three with quoting alone, and is out with checks."""
    attack_pool(tmp_path, {}, obeys_quoted=1.0)
    said = run("--attacks", "orders_five,empty", "--attackers", "4b", "--settings", "none,quote,checks")
    assert "The setting none is left out: an auction always quotes plans" in said
    order = next(line for line in said.splitlines() if line.startswith("| orders_five"))
    quote, checks = (cell.strip() for cell in order.split("|")[3:5])
    assert re.match(r"\d->3 of 3, [+-]", quote) and re.match(r"\d->0 of 3, ", checks)
    empty = next(line for line in said.splitlines() if line.startswith("| empty"))
    assert all(re.match(r"\d->0 of 3, ", cell.strip()) for cell in empty.split("|")[3:5])


def test_a_cut_line_is_asked_again(run: Run, tmp_path: Path) -> None:
    arguments = ("--attacks", "orders_five", "--attackers", "4b", "--settings", "default", "--jury", "panel")
    run(*arguments)
    path = tmp_path / "out.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: len(text) - 40], encoding="utf-8")
    assert asked_now(run(*arguments)) == 1
    assert path.read_text(encoding="utf-8").count("\n") == 6 == len(rows(tmp_path))


def test_servers_that_fail_stop_the_run_and_nothing_wrong_is_kept(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "attack.yaml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(
        whole.replace("obeys: 0.8", "obeys: 0.8\n    fault_rate: 1.0\n    fault_phases: jury"), encoding="utf-8"
    )
    arguments = ("--attacks", "orders_five", "--attackers", "4b", "--jury", "panel")
    with pytest.raises(SystemExit, match="3 failures in a row: are the servers up"):
        run(*arguments)
    assert not (tmp_path / "out.jsonl").exists()
    path.write_text(whole, encoding="utf-8")
    assert asked_now(run(*arguments)) == 12


def test_logs_of_another_pool_are_refused(run: Run) -> None:
    with pytest.raises(SystemExit, match=r"its auctions are of 4b, 8b, 14b, 32b, not of pool 'qwen3'"):
        run("--pool", "qwen3", "--dry-run")


def test_an_auction_with_a_repeated_task_counts_once(run: Run, tmp_path: Path, driver: ModuleType) -> None:
    pool = driver.load_pool(str(tmp_path / "attack.yaml"))
    task = hst_coding(set="mini", bins="b1", sandbox="local")
    samples = held(str(tmp_path / "attack.yaml"), tmp_path, SETTINGS["default"], "individual", task, 3)
    assert all(record_of(sample).pool == "attack" for sample in samples)
    assert len(driver.recorded([str(tmp_path / "logs")], pool, 0)) == 3
    assert len(driver.recorded([str(tmp_path / "logs")], pool, 2)) == 2


def test_ratings_of_an_attacking_judge_replace_its_honest_ones(run: Run, tmp_path: Path, driver: ModuleType) -> None:
    """All rate 3, so the cheapest wins. 32b's 5 and 0 move z by 1/6, more than its price (0.36 of 60 to 300 tokens)."""
    run("--dry-run")
    where = driver.recorded([str(tmp_path / "logs")], driver.load_pool(str(tmp_path / "attack.yaml")), 1)[0]
    (case,) = driver.cases([where], [ATTACKS["self_five"]], ["32b"])
    (named,) = driver.cases([where], [ATTACKS["pair_by_name"]], ["32b"])
    names = where.record.agents
    fair: dict[str, dict[str, int | None]] = {bidder: dict.fromkeys(names, 3) for bidder in names}

    def winner(case: Any, setting: str) -> str:
        found = driver.winner(where, case.plans, fair, SETTINGS[setting], case.attack, case.team)
        assert isinstance(found, str)
        return found

    assert driver.winner(where, driver.honest_plans(where), fair, SETTINGS["default"]) == "4b"
    assert winner(case, "default") == "32b" and winner(case, "all") == "4b"
    assert named.team == ("32b", "4b") and winner(named, "default") == "4b"
