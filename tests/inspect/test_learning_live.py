"""A run that learns from outcomes: what each sample has learnt follows from its place, and from nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai import eval_retry
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from sale_inspect import ablate
from sale_inspect._cli import main
from sale_inspect._errors import OptionError
from sale_inspect._inspect.logs import read_runs
from sale_inspect._inspect.logs.tidy import read_tidy
from sale_inspect._inspect.solvers._prepare import prepare
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.auction import AuctionRecord, card, redecide
from sale_inspect.calibrated import Learner, after_bids, before_bids, bids_of, learner_of, read_calibrated, task_of
from sale_inspect.embedding import HashingEmbedder
from sale_inspect.memory import MemoryStore
from sale_inspect.options import SaleOptions
from sale_inspect.report.tidy import records_of
from tests.preloaded import commands

from .conftest import RunEval
from .fits import drawn_fit
from .test_memory_order import failing_once, flaky
from .test_memory_resume import records as kept_records
from .test_memory_resume import settled, slow_pool, the_log

__all__ = ["failing_once"]
LAG, EXPLORE = 3, 0.3


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "auction.npz"
    drawn_fit(path, bill=0.0012)
    return path


def task() -> Any:
    return hst_coding(set="mini", bins="b1,b2", sandbox="local")


def learning(fit: Path, **options: Any) -> Any:
    return sale(pool="sim", weights=str(fit), **{"learn": "outcome", "explore": EXPLORE, "memory_lag": LAG, **options})


@pytest.fixture(scope="module")
def log(run_eval_once: RunEval, fit: Path) -> EvalLog:
    log = run_eval_once(task(), learning(fit), max_samples=10)
    assert log.status == "success", log.error
    return log


def records(log: EvalLog) -> dict[int, AuctionRecord]:
    assert log.status == "success", log.error
    found = {}
    for sample in log.samples or []:
        record = read(sample).auction
        assert record is not None and record.position is not None
        found[record.position] = record
    return dict(sorted(found.items()))


def outcomes(log: EvalLog) -> dict[int, bool]:
    runs = {run.task: run for run in read_runs([log.location], cache=False).runs}
    places = {str(sample): at for at, sample in enumerate(log.eval.dataset.sample_ids or [])}
    return {places[name]: run.score == 1 for name, run in runs.items()}


def test_each_sample_learns_from_the_outcomes_of_all_places_before_the_lag(log: EvalLog, fit: Path) -> None:
    """Computed again from the log alone, by the functions of the fit."""
    file, solved = read_calibrated(fit), outcomes(log)
    texts = {run.task: run.sample for run in read_runs([log.location], cache=False).runs}
    names = [str(sample) for sample in log.eval.dataset.sample_ids or []]
    found = records(log)
    states: list[Learner] = [learner_of(file)]
    held = tried = 0
    for position, record in found.items():
        state = states[max(0, position - LAG + 1)]
        made = record.calibrated
        assert made is not None and made.learnt is not None
        assert (made.learnt.outcomes, made.learnt.before) == (state.outcomes, max(0, position - LAG + 1))
        assert made.learnt.shifts == state.shifts and made.learnt.stretches == state.stretches
        sample = texts[names[position]]
        facts = task_of(sample.text, HashingEmbedder().embed([sample.text])[0].tolist(), "coding")
        gate, before = before_bids(file, facts, learner=state)
        assert (made.held, made.before) == (gate.hold, before)
        if record.held:
            assert made.after == after_bids(file, facts, bids_of(file.agents, [record]), learner=state)
        held, tried = held + record.held, tried + bool(made.learnt.instead)
        worker = made.learnt.instead or made.decision.winner
        assert record.winner == worker
        foreseen = next(each.fitted_p for each in made.decision.forecasts if each.agent == worker)
        assert foreseen is not None
        states.append(states[-1].learn(worker, foreseen, solved[position]))
    assert 0 < held < len(found), "outcomes of tasks without an auction teach too"
    assert 0 < tried < len(found)
    last = found[max(found)].calibrated
    assert last is not None and any(each.p != each.fitted_p for each in last.decision.forecasts)


def test_records_are_the_same_at_any_concurrency(run_eval: RunEval, log: EvalLog, fit: Path) -> None:
    assert records(run_eval(task(), learning(fit), max_samples=1)) == records(log)


def test_with_a_lag_of_one_each_sample_learns_from_all_before_it(run_eval: RunEval, fit: Path) -> None:
    log = run_eval(hst_coding(set="mini", bins="b1", sandbox="local"), learning(fit, memory_lag=1), max_samples=10)
    learnt = [record.calibrated.learnt for record in records(log).values() if record.calibrated]
    assert [each.outcomes for each in learnt if each] == [*range(len(learnt))]


@pytest.mark.usefixtures("failing_once")
def test_a_run_that_is_broken_off_and_retried_has_the_records_of_one_that_was_not(run_eval: RunEval, fit: Path) -> None:
    options = {"memory_lag": 2, "explore": 0.5}
    first = run_eval(flaky(sample_id="4"), learning(fit, **options), fail_on_error=True, max_samples=1)
    assert first.status == "error"
    (second,) = eval_retry(first, log_dir=str(Path(first.location).parent), display="none")
    whole = run_eval(flaky(sample_id="4"), learning(fit, **options), max_samples=1)
    assert records(second) == records(whole) and len(records(whole)) == 6
    assert any(
        record.winner != record.calibrated.decision.winner for record in records(whole).values() if record.calibrated
    )


def test_who_is_tried_is_said_and_paid_and_not_called_chosen(log: EvalLog) -> None:
    by_position = {record.position: sample for sample in log.samples or [] if (record := read(sample).auction)}
    for position, record in records(log).items():
        made = record.calibrated
        assert made is not None and made.learnt is not None
        other, chosen, shown = made.learnt.instead, made.decision.winner, card(record)
        paid = {entry.agent for entry in read(by_position[position]).entries or () if entry.phase == "execute"}
        assert paid == {other or chosen}
        assert ("Nothing was learnt" in shown) == (made.learnt.outcomes == 0)
        if other:
            assert other != chosen and f"{other} does the task in its place" in shown and "**tried**" in shown
            of = {each.agent: each for each in made.decision.forecasts}
            assert made.learnt.price_p == of[chosen].p - of[other].p
            assert made.learnt.price_usd == of[other].usd - of[chosen].usd
            assert redecide(record).winner == other and redecide(record, rule="forecasts").winner == chosen
        else:
            assert redecide(record).winner == chosen and "**tried**" not in shown


def test_tables_tidy_data_and_the_page_show_it(log: EvalLog, run_eval: RunEval, tmp_path: Path) -> None:
    found = records(log)
    tried = sum(
        bool(each.calibrated and each.calibrated.learnt and each.calibrated.learnt.instead) for each in found.values()
    )
    learnt = max(
        each.calibrated.learnt.outcomes for each in found.values() if each.calibrated and each.calibrated.learnt
    )
    wanted = f"in the end from {learnt} of a run; {tried} of {len(found)} tasks went to another agent"
    folder = str(Path(log.location).parent)
    ran = CliRunner().invoke(main, ["table", folder])
    assert ran.exit_code == 0, ran.output
    assert wanted in " ".join(ran.output.split()) and "learning by outcome" in " ".join(ran.output.split())
    tidy = read_tidy([log.location], cache=False).tidy
    assert tidy.samples["tried"].sum() == tried
    again = {record.position: record for _, record in records_of(tidy)}
    assert {at: record.winner for at, record in again.items()} == {at: each.winner for at, each in found.items()}
    run_eval(task(), single(agent="32b", pool="sim"))
    ran = CliRunner().invoke(main, ["report", folder, str(tmp_path / "logs"), "-o", str(tmp_path / "page")])
    assert ran.exit_code == 0, ran.output
    page = (tmp_path / "page" / "report.html").read_text()
    assert "went to another agent than the chosen one" in page and "nobody tried (explore=0)" in page
    rows = {row[0]: row for row in ablate([folder, tmp_path / "logs"]).sections[0]}
    assert rows["as recorded"][1] == f"0 of {len(found)}"
    assert rows["nobody tried (explore=0)"][1] == f"{tried} of {len(found)}"


@pytest.mark.minutes
def test_a_killed_run_learns_on_as_if_nothing_had_been(tmp_path: Path, fit: Path) -> None:
    """kill -9 in the middle, then eval-retry: every record equals that of the run that was left alone."""
    memory = tmp_path / "memories"
    environment = {**os.environ, "SALE_MEMORY_DIR": str(memory)}
    slow = slow_pool(tmp_path)
    slow_fit = tmp_path / "slow.npz"
    slow_fit.write_bytes(fit.read_bytes())

    def words(folder: str, pool: str) -> list[str]:
        return [
            "inspect", "eval", "sale_inspect/hst_coding", "-T", "set=mini", "-T", "bins=b1,b2", "-T", "sandbox=local",
            "--solver", "sale_inspect/sale", "-S", f"pool={pool}", "-S", f"weights={slow_fit}", "-S", "learn=outcome",
            "-S", f"explore={EXPLORE}", "-S", f"memory_lag={LAG}", "--max-samples", "6", "--log-dir",
            str(tmp_path / folder), "--display", "none",
        ]  # fmt: skip

    whole = commands.run(*words("whole", "sim"), cwd=tmp_path, environment=environment)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    wanted = kept_records(the_log(tmp_path / "whole"))
    assert any(not record["bids"] for record in wanted.values())
    program, *rest = words("broken", str(slow))
    broken = subprocess.Popen(
        [str(commands.CONSOLE_SCRIPTS / program), *rest], env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while settled(memory) < len(wanted) // 3:
        assert broken.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(broken.pid, signal.SIGKILL)
    broken.wait()
    assert settled(memory) < len(wanted)
    (info,) = list_eval_logs(str(tmp_path / "broken"))
    retry = ["inspect", "eval-retry", info.name, "--log-dir", str(tmp_path / "broken"), "--display", "none"]
    ran = commands.run(*retry, cwd=tmp_path, environment=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert kept_records(the_log(tmp_path / "broken")) == wanted


def test_a_memory_file_keeps_outcomes_without_plans_and_shows_them_to_nobody(
    run_eval: RunEval, fit: Path, tmp_path: Path
) -> None:
    memory = tmp_path / "memory.sqlite"
    taught = records(run_eval(task(), learning(fit, memory=str(memory))))
    with MemoryStore(memory, mode="read") as store:
        past = store.past()
    assert len(past) == len(taught) and all(each.lesson is not None for each in past)
    held = sum(record.held for record in taught.values())
    assert sum(each.was_held for each in past) == held < len(past)
    later = run_eval(
        hst_coding(set="mini", bins="b1", sandbox="local"), sale(pool="sim", memory=str(memory), frozen=True)
    )
    shown = [record.refinement.visible for record in records(later).values() if record.refinement.neighbours]
    own = [record.refinement.own_left_out for record in records(later).values() if record.refinement.neighbours]
    assert shown and all(one + other == held for one, other in zip(shown, own, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learn": "outcome", "weights": None}, r"learn=outcome needs a calibrated file.*--objective calibrated -o"),
        ({"learn": "outcome", "memory": "off"}, "learn=outcome has no effect with memory=off: .*memory=run"),
        ({"learn": "outcome", "memory": "postgresql://h/d"}, "needs the outcomes of the whole run"),
        ({"learn": "outcome", "memory": "m.sqlite", "frozen": True}, "learn=outcome has no effect with frozen=true"),
        ({"explore": 0.1}, r"explore has no effect without learn\. Give learn=outcome"),
        ({"learn": "outcome", "explore": 1.5}, "explore must be from 0 to 1"),
        ({"memory_lag": 4}, "memory_lag has no effect beside a calibrated file: .*without learn=outcome"),
        ({"learn": "outcome", "neighbours": 4}, "neighbours has no effect beside a calibrated file"),
    ],
)
def test_what_has_no_effect_is_refused(fit: Path, options: dict[str, Any], message: str) -> None:
    from sale_inspect.options import build

    with pytest.raises(OptionError, match=message):
        prepare(build(SaleOptions, "sale", (), {"pool": "sim", "weights": str(fit), **options}))


def test_a_fit_that_fell_back_learns_nothing_and_says_so(fit: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    from sale_inspect.calibrated import save_calibrated

    file = read_calibrated(fit)
    setting = file.header.setting.model_copy(update={"fallback": True})
    save_calibrated(replace(file, header=file.header.model_copy(update={"setting": setting})), tmp_path / "fell.npz")
    with pytest.raises(OptionError, match="learn=outcome has no effect: this fit gives every task to"):
        prepare(SaleOptions(pool="sim", weights=str(tmp_path / "fell.npz"), learn="outcome"))


def test_off_by_default_nothing_is_learnt(run_eval: RunEval, fit: Path) -> None:
    log = run_eval(hst_coding(set="mini", bins="b1", sandbox="local"), sale(pool="sim", weights=str(fit)))
    for record in records(log).values():
        assert record.calibrated is not None and record.calibrated.learnt is None and record.memory == "off"
        assert all(each.fitted_p is None for each in record.calibrated.decision.forecasts)
    assert read_eval_log(log.location).status == "success"
