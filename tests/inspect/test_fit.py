"""`sale-inspect fit` on logs of real runs of SALE and of single agents, with the simulated pool."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from click.testing import CliRunner, Result
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalError, EvalLog, read_eval_log, write_eval_log

from sale_inspect import FitRequest, LogError, fit_auction, fit_weights
from sale_inspect._cli import main
from sale_inspect._inspect.logs import read_runs
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.auction import Weights, score
from sale_inspect.calibrated import load_calibrated
from sale_inspect.embedding import HashingEmbedder
from sale_inspect.outcomes import OnDuplicate
from sale_inspect.pools import load_pool
from sale_inspect.runs import ReadOptions, auctions_of, dev_auctions, fit_data
from sale_inspect.weights import FitData, load_weights, read_weights_file

AGENTS = ("4b", "8b", "14b", "32b")
TASKS = 8


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One log of SALE and one of each agent alone, on the multiple-choice tasks of hst_mini."""
    folder = tmp_path_factory.mktemp("dev")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SALE_MINILM_DIR", raising=False)
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        policies = {"SALE": sale(pool="sim"), **{name: single(agent=name, pool="sim") for name in AGENTS}}
        for name, solver in policies.items():
            task = hst_coding(set="mini", bins="b1", sandbox="local")
            (log,) = inspect_eval(task, solver=solver, log_dir=str(folder / name), display="none", log_realtime=False)
            assert log.status == "success", log.error
            found[name] = Path(log.location)
    return found


def read_fit_data(
    places: Iterable[str],
    *,
    on_duplicate: OnDuplicate = "error",
    need_outcomes: bool = False,
    allow_missing: bool = False,
) -> FitData:
    runs = read_runs(places, ReadOptions(line_up=False, on_duplicate=on_duplicate), cache=False)
    return fit_data(runs, need_outcomes=need_outcomes, allow_missing=allow_missing)


def fit(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["fit", *(str(word) for word in words)])


def rewritten(source: Path, folder: Path, change: Callable[[EvalLog], object]) -> Path:
    """A copy of a log in which something is different."""
    log = read_eval_log(str(source))
    change(log)
    target = folder / source.name
    write_eval_log(log, str(target))
    return target


def accuracy(path: Path) -> float:
    samples = read_eval_log(str(path)).samples or []
    return fmean(float((s.scores or {})["pass_and_cost"].as_dict()["correct"]) for s in samples)  # type: ignore[arg-type]


def test_features_are_those_of_the_auctions(logs: dict[str, Path]) -> None:
    data = read_fit_data([str(logs["SALE"])])
    tasks = {task.task_id: task for task in data.tasks}
    for sample in read_eval_log(str(logs["SALE"])).samples or []:
        record = read(sample).auction
        assert record is not None
        own = record.weights
        weights = Weights(price=own.price, entropy=own.entropy, judges=own.judges, origin="record")
        z = {agent: score(bid, weights).z for agent, bid in tasks[str(sample.id)].features.items()}
        assert z == pytest.approx({bid.agent: bid.z for bid in record.bids})
    assert data.prices == load_pool("sim").blended_prices() and data.simulated


def test_outcomes_are_those_of_the_agents_alone(logs: dict[str, Path]) -> None:
    data = read_fit_data(map(str, logs.values()), need_outcomes=True)
    assert len(data.tasks) == TASKS
    for agent in AGENTS:
        assert fmean(task.solved[agent] or 0.0 for task in data.tasks) == pytest.approx(accuracy(logs[agent]))
        for sample in read_eval_log(str(logs[agent])).samples or []:
            (task,) = [each for each in data.tasks if each.task_id == sample.id]
            assert task.usd[agent] == pytest.approx(sum(entry.usd for entry in read(sample).entries or ()))


def test_overhead_is_what_the_auction_cost(logs: dict[str, Path]) -> None:
    data = read_fit_data([str(logs["SALE"])])
    for sample in read_eval_log(str(logs["SALE"])).samples or []:
        (task,) = [each for each in data.tasks if each.task_id == sample.id]
        spent = sum(entry.usd for entry in read(sample).entries or () if entry.phase != "execute")
        assert task.usd_overhead == pytest.approx(spent)


def test_uniform_is_the_default_and_shows_what_equal_weights_reach(logs: dict[str, Path]) -> None:
    ran = fit(*logs.values())
    assert ran.exit_code == 0, ran.output
    assert ran.output.startswith("uniform weights for simulated pool 'sim'")
    assert "on 8 tasks" in ran.output and "price x length  0.1667" in ran.output and "these weights, dev" in ran.output


@pytest.mark.parametrize("objective", ["minmax", "outcome"])
def test_fitted_weights_can_be_loaded_for_the_pool(logs: dict[str, Path], tmp_path: Path, objective: str) -> None:
    path = tmp_path / "weights.json"
    ran = fit(*logs.values(), "--objective", objective, "-o", path)
    assert ran.exit_code == 0, ran.output
    assert f"Written to {path}." in ran.output
    pool = load_pool("sim")
    weights = load_weights(path, agents=pool.names, prices=pool.blended_prices(), strategy_tokens=300)
    assert weights.origin.startswith(f"{objective} fit of 20")
    file = read_weights_file(path)
    assert file.dev is not None and file.tasks == TASKS and file.simulated
    (preset, unlearnt) = file.notes
    assert preset == "All runs of SALE have: preset paper."
    assert unlearnt.startswith("Nothing was learnt of b2, b3, b4, b5")


def test_an_outcome_fit_reports_single_agents_as_their_logs_do(logs: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    ran = fit(*logs.values(), "--objective", "outcome", "--keep-pass", "0.9", "-o", path)
    assert ran.exit_code == 0, ran.output
    report = read_weights_file(path).outcome
    assert report is not None and report.keep is not None
    assert {agent: value.pass_rate for agent, value in report.agents.items()} == pytest.approx(
        {agent: accuracy(logs[agent]) for agent in AGENTS}
    )
    assert ("Kept: 90.0%" in ran.output) == report.keep.reached


def test_the_paper_s_fit_needs_no_outcome(logs: dict[str, Path]) -> None:
    ran = fit(logs["SALE"], "--objective", "minmax")
    assert ran.exit_code == 0, ran.output
    assert "optimal: gap" in ran.output


def test_missing_outcomes_are_named_with_what_to_run(logs: dict[str, Path]) -> None:
    given = [logs[name] for name in ("SALE", "4b", "8b", "14b")]
    won = sum(read(sample).agent == "32b" for sample in read_eval_log(str(logs["SALE"])).samples or [])
    ran = fit(*given, "--objective", "outcome")
    assert ran.exit_code == 1
    assert f"Outcomes are missing: 32b on {TASKS - won} tasks (mini-coding-b1-0" in ran.output
    assert "sale_inspect/single -S pool=POOL -S agent=32b --sample-id mini-coding-b1-0" in ran.output
    assert "--allow-missing" in ran.output


def test_missing_tasks_are_dropped_only_when_asked_and_counted(logs: dict[str, Path], tmp_path: Path) -> None:
    def without_two(log: EvalLog) -> None:
        log.samples = (log.samples or [])[2:]

    short = rewritten(logs["32b"], tmp_path, without_two)
    given = [*(logs[name] for name in ("SALE", "4b", "8b", "14b")), short]
    gone = {str(s.id) for s in (read_eval_log(str(logs["32b"])).samples or [])[:2]}
    won = {str(sample.id) for sample in read_eval_log(str(logs["SALE"])).samples or [] if read(sample).agent == "32b"}
    data = read_fit_data(map(str, given), need_outcomes=True, allow_missing=True)
    assert {task.task_id for task in data.tasks}.isdisjoint(gone - won)
    assert data.task_count == TASKS - len(gone - won)
    assert any(f"{len(gone - won)} tasks are dropped" in note for note in data.notes)


def test_an_auctions_own_execution_counts_only_for_want_of_a_run_alone(logs: dict[str, Path]) -> None:
    alone = read_fit_data(map(str, logs.values()))
    data = read_fit_data([str(logs["SALE"])])
    assert any(f"{TASKS} outcomes are of executions" in note for note in data.notes)
    assert not any("executions" in note for note in alone.notes)
    for sample in read_eval_log(str(logs["SALE"])).samples or []:
        (task,) = [each for each in data.tasks if each.task_id == sample.id]
        known = {agent for agent, value in task.solved.items() if value is not None}
        assert known == {read(sample).agent}


def test_a_log_that_is_given_twice_counts_once(logs: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copy(logs["SALE"], tmp_path / logs["SALE"].name)
    twice = read_fit_data([*map(str, logs.values()), str(copy)])
    assert twice.data_hash == read_fit_data(map(str, logs.values())).data_hash


def test_each_epochs_auction_is_an_instance_of_its_task(logs: dict[str, Path], tmp_path: Path) -> None:
    task = hst_coding(set="mini", bins="b1", sandbox="local")
    (log,) = inspect_eval(
        task, solver=sale(pool="sim"), log_dir=str(tmp_path), display="none", log_realtime=False, limit=2, epochs=2
    )
    assert log.status == "success", log.error
    data = read_fit_data([log.location, *(str(logs[name]) for name in AGENTS)], need_outcomes=True)
    assert data.task_count == 2
    assert [task.instance for task in data.tasks] == [1, 2, 1, 2]


def test_an_outcome_over_several_runs_is_their_mean(logs: dict[str, Path], tmp_path: Path) -> None:
    def second_run_that_fails(log: EvalLog) -> None:
        log.eval.task_id = "another evaluation"
        for sample in log.samples or []:
            sample.uuid = f"again-{sample.id}"
            assert sample.scores is not None
            sample.scores["pass_and_cost"].value = {"correct": 0.0, "usd": 1.0, "tokens": 1.0}

    again = rewritten(logs["4b"], tmp_path, second_run_that_fails)
    once = read_fit_data(map(str, logs.values()))
    with pytest.raises(LogError, match=r"one policy ran one task twice in the same epoch: 4b alone on "):
        read_fit_data([*map(str, logs.values()), str(again)])
    twice = read_fit_data([*map(str, logs.values()), str(again)], on_duplicate="mean")
    assert [task.solved["4b"] for task in twice.tasks] == [task.solved["4b"] / 2 for task in once.tasks]  # type: ignore[operator]


def test_failed_samples_and_unfinished_logs_are_named(logs: dict[str, Path], tmp_path: Path) -> None:
    def broken(log: EvalLog) -> None:
        log.status = "error"
        assert log.samples is not None
        log.samples[0].error = EvalError(message="the engine stopped", traceback="", traceback_ansi="")
        log.samples[1].scores = None

    path = rewritten(logs["SALE"], tmp_path, broken)
    ids = [str(sample.id) for sample in (read_eval_log(str(path)).samples or [])[:2]]
    data = read_fit_data([str(path)])
    notes = "\n".join(data.notes)
    assert f"Log {path.name} is not finished (status error); 6 of its samples are used." in notes
    assert f"1 samples of {path.name} are left out (error: the engine stopped): {ids[0]} epoch 1." in notes
    assert f"1 samples of {path.name} are left out (not scored): {ids[1]} epoch 1." in notes
    assert {task.task_id for task in data.tasks}.isdisjoint(ids)


def test_an_agent_of_another_pool_is_refused(logs: dict[str, Path], tmp_path: Path) -> None:
    def other_pool(log: EvalLog) -> None:
        for sample in log.samples or []:
            sample.store["LedgerStore:pool"] = "qwen3"

    path = rewritten(logs["8b"], tmp_path, other_pool)
    with pytest.raises(LogError, match=r"of pool 'sim', but sample .* is of agent '8b' of pool 'qwen3'"):
        read_fit_data([str(logs["SALE"]), str(path)])


def change_records(**fields: object) -> Callable[[EvalLog], None]:
    def change(log: EvalLog) -> None:
        log.eval.task_id = "another evaluation"
        for sample in log.samples or []:
            sample.uuid = f"other-{sample.id}"
            sample.store["AuctionStore:record"].update(fields)

    return change


def test_auctions_with_another_cap_are_not_mixed(logs: dict[str, Path], tmp_path: Path) -> None:
    path = rewritten(logs["SALE"], tmp_path, change_records(strategy_tokens=100))
    with pytest.raises(LogError, match=r"Auctions differ in strategy_tokens: 300 for .*, 100 for .*one by one"):
        read_fit_data([str(logs["SALE"]), str(path)], on_duplicate="mean")


def test_auctions_without_a_term_are_refused(logs: dict[str, Path], tmp_path: Path) -> None:
    path = rewritten(logs["SALE"], tmp_path, change_records(drop=["entropy"]))
    with pytest.raises(LogError, match=r"drop=entropy\. Fit weights on auctions of the whole mechanism"):
        read_fit_data([str(path)])


def test_an_id_with_another_input_is_no_task_to_join(logs: dict[str, Path], tmp_path: Path) -> None:
    def reworded(log: EvalLog) -> None:
        for sample in log.samples or []:
            sample.input = f"{sample.input} Explain."

    path = rewritten(logs["4b"], tmp_path, reworded)
    with pytest.raises(LogError, match=r"16 samples are of tasks whose id has several texts .*--exclude other-texts"):
        read_fit_data([str(logs["SALE"]), str(path)])


def test_logs_without_an_auction_are_refused(logs: dict[str, Path]) -> None:
    ran = fit(logs["4b"])
    assert ran.exit_code == 1
    assert "The logs hold no finished auction. Give logs of the solver sale_inspect/sale." in ran.output


@pytest.mark.parametrize("option", [["--keep-pass", "0.9"], ["--allow-missing"]])
def test_an_option_of_another_objective_is_refused(logs: dict[str, Path], option: list[str]) -> None:
    ran = fit(logs["SALE"], "--objective", "minmax", *option)
    assert ran.exit_code == 2
    assert f"{option[0]} needs --objective outcome" in ran.output


def test_a_folder_that_is_not_there_is_named_before_the_fit(logs: dict[str, Path], tmp_path: Path) -> None:
    ran = fit(logs["SALE"], "-o", tmp_path / "none" / "weights.json")
    assert ran.exit_code == 2
    assert f"there is no folder {tmp_path / 'none'}" in " ".join(ran.output.split())


def test_help_teaches_by_an_example() -> None:
    ran = fit("--help")
    assert ran.exit_code == 0
    assert "    sale-inspect fit dev --objective outcome --keep-pass 0.99 -o weights.json\n" in ran.output
    assert "\\b" not in ran.output


def test_a_calibrated_fit_is_read_from_logs_and_used_for_its_pool(logs: dict[str, Path], tmp_path: Path) -> None:
    """16 tasks are too few to tell the agents apart, so the best single agent does every task, and the text says so."""
    file, figures = tmp_path / "auction.npz", tmp_path / "figures.json"
    words = ("--objective", "calibrated", "--keep-pass", "0.99", "--embedder", "hashing")
    ran = fit(*logs.values(), *words, "-o", file, "--json", figures)
    assert ran.exit_code == 0, ran.output
    assert "FALLBACK to" in ran.output and f"Written to {file}" in ran.output
    header = json.loads(figures.read_text())
    prices = load_pool("sim").blended_prices()
    found = load_calibrated(file, agents=tuple(prices), prices=prices, strategy_tokens=300)
    assert found.header.model_dump(mode="json") == header
    assert header["setting"]["fallback"] and header["simulated"] and header["domains"] == ["coding"]
    data = read_fit_data(map(str, logs.values()), need_outcomes=True)
    passed = {agent: sum(task.solved[agent] or 0 for task in data.tasks) / len(data.tasks) for agent in AGENTS}
    assert header["setting"]["alone"]["pass_rate"] == pytest.approx(max(passed.values()))
    assert {agent: point["pass_rate"] for agent, point in header["singles"].items()} == pytest.approx(passed)


def test_arrays_of_dev_auctions_are_what_the_records_say(logs: dict[str, Path]) -> None:
    runs = read_runs(map(str, logs.values()), ReadOptions(line_up=False), cache=False)
    data = dev_auctions(runs, HashingEmbedder().embed)
    records = {run.task: record for run, record in auctions_of(runs).held}
    assert sorted(records) == sorted(data.ids)
    for row, task in enumerate(data.ids):
        record = records[task]
        for bid in record.bids:
            at = data.agents.index(bid.agent)
            assert data.bids.valid[row, at] and data.bids.lengths[row, at] == bid.length
            assert data.bids.entropy[row, at] == bid.entropy
            for judge, rating in bid.ratings.items():
                assert data.bids.ratings[row, at, data.agents.index(judge)] == pytest.approx((rating or 0) / 5)
    assert (data.overhead > 0).all() and (data.tasks.letters > 0).all() and set(data.tasks.domains) == {"coding"}
    assert np.linalg.norm(data.tasks.features, axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--objective", "calibrated", "--floor", "0.1"), "--floor needs --objective"),
        (("--objective", "outcome", "--worth", "1"), "--worth needs --objective calibrated"),
        (("--objective", "calibrated", "--worth", "1", "--budget", "1"), "--budget and --worth are two goals"),
        (("--auction", "always"), "--auction needs --objective calibrated"),
    ],
)
def test_options_without_effect_are_refused(logs: dict[str, Path], words: tuple[str, ...], message: str) -> None:
    ran = fit(*logs.values(), *words)
    assert ran.exit_code != 0 and message in ran.output


def test_each_fit_has_its_own_function_in_python(logs: dict[str, Path]) -> None:
    with pytest.raises(LogError, match="Call fit_auction"):
        fit_weights(logs["SALE"], FitRequest(objective="calibrated"))
    with pytest.raises(LogError, match="Call fit_weights"):
        fit_auction(logs["SALE"], FitRequest(objective="outcome"))
