"""Tidy data says what the logs say: SALE's, routers', single agents' and other people's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.analysis import SampleSummary, evals_df, samples_df
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import match
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs import read_runs
from sale_inspect._inspect.logs.tidy._files import TIDY_FILES, tidy_bytes
from sale_inspect._inspect.logs.tidy._read import read_tidy
from sale_inspect._inspect.solvers._routed import routed
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect._machines import here
from sale_inspect.auction import redecide
from sale_inspect.dataframes import SALE_COLUMNS
from sale_inspect.outcomes import PriceList, read_price_list
from sale_inspect.report.tidy._records import records_of
from sale_inspect.report.tidy._screen import ScreenedTidy
from sale_inspect.report.tidy._tables import Tidy
from sale_inspect.runs import ReadOptions, SamplesLeftOut

TASKS = 8
PHASES = ("bid", "jury", "refine", "execute")


def ran(given: Task, folder: Path, **options: Any) -> EvalLog:
    (log,) = inspect_eval(given, log_dir=str(folder), display="none", log_realtime=False, **options)
    return log


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two agents alone, two variants of SALE and a random router on multiple-choice tasks of hst_mini."""
    folder = tmp_path_factory.mktemp("ours")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
        patch.delenv("SALE_MINILM_DIR", raising=False)
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        for given in (
            *(single(name, pool="sim") for name in ("4b", "32b")),
            *(sale(pool="sim"), sale(pool="sim", jury="panel", memory="off", drop="price,length")),
            routed("random", pool="sim", seed=1),
        ):
            log = ran(hst_coding(set="mini", bins="b1", sandbox="local"), folder / "logs", solver=given)
            assert log.status == "success", log.error
    return folder / "logs"


@pytest.fixture(scope="module")
def tidy(ours: Path) -> Tidy:
    return read_tidy([str(ours)]).tidy


def mock(name: str, answers: list[str]) -> Model:
    made = []
    for answer in answers:
        output = ModelOutput.from_content(f"mockllm/{name}", answer)
        output.usage = ModelUsage(input_tokens=100, output_tokens=10, total_tokens=110)
        made.append(output)
    return get_model(f"mockllm/{name}", custom_outputs=made, memoize=False)


def quiz(fails: Solver | None = None, **options: Any) -> Task:
    samples = [Sample(id=number, input=f"Question {number}?", target="yes") for number in range(3)]
    chain = [generate()] if fails is None else [fails, generate()]
    return Task(dataset=MemoryDataset(samples, name="quizzes"), solver=chain, scorer=match(), name="quiz", **options)


def foreign(folder: Path, name: str, answers: list[str]) -> EvalLog:
    return ran(quiz(), folder, model=mock(name, answers))


@pytest.fixture
def prices(tmp_path: Path) -> PriceList:
    path = tmp_path / "prices.yaml"
    path.write_text("mockllm/one: {input: 1, output: 2}\nmockllm/two: {input: 3, output: 4}\n", encoding="utf-8")
    return read_price_list(str(path))


def logs_in(folder: Path) -> Iterator[EvalLog]:
    for path in sorted(folder.glob("*.eval")):
        yield read_eval_log(str(path))


def test_samples_say_what_the_logs_say(ours: Path, tidy: Tidy) -> None:
    rows = tidy.samples.set_index("uuid").to_dict("index")
    for log in logs_in(ours):
        order = [str(name) for name in log.eval.dataset.sample_ids or []]
        for sample in log.samples or []:
            row = rows.pop(sample.uuid)
            said = (sample.scores or {})["pass_and_cost"].as_dict()
            assert row["correct"] == said["correct"] and row["agent"] == (sample.scores or {})["winner"].value
            assert row["usd"] == pytest.approx(said["usd"]) and row["tokens"] == said["tokens"]
            assert row["usd_bid"] + row["usd_jury"] + row["usd_refine"] == pytest.approx(said["usd_overhead"])
            assert row["usd"] == pytest.approx(sum(row[f"usd_{phase}"] for phase in PHASES))
            assert row["tokens"] == sum(row[f"tokens_{phase}"] for phase in PHASES)
            assert (row["task_id"], row["epoch"], row["log"]) == (sample.id, 1, Path(log.location).name)
            assert (row["bin"], row["tau"]) == ("b1", sample.metadata["tau_minutes"])
            assert order[row["position"]] == sample.id
            assert row["seconds"] == sample.working_time and row["error"] == "" and row["simulated"]
            assert row["answer_tokens"] == sample.output.usage.output_tokens if sample.output.usage else True
    assert not rows


def test_policies_are_named_by_what_they_differ_in(tidy: Tidy) -> None:
    kinds = tidy.samples.groupby("policy")["kind"].first().to_dict()
    assert kinds == {
        "4b alone": "single",
        "32b alone": "single",
        "SALE": "sale",
        "SALE, panel jury, without price and length, no memory": "sale",
        "random": "router",
    }
    assert tidy.samples.groupby("policy").size().tolist() == [TASKS] * 5
    assert tidy.samples["set_hash"].nunique() == 1 == tidy.samples["prices_hash"].nunique()


def test_bids_say_what_the_auctions_recorded(ours: Path, tidy: Tidy) -> None:
    bids = {
        (row["uuid"], row["agent"], row["refined"]): row for row in tidy.bids.to_dict("records") if not row["auction"]
    }
    seen, refined = 0, 0
    for log in logs_in(ours):
        for sample in log.samples or []:
            record = read(sample).auction
            if record is None:
                continue
            row = tidy.samples.set_index("uuid").loc[sample.uuid]
            assert (row["provisional"], row["n_refined"]) == (record.provisional_winner, len(record.refined))
            assert row["refined"] == (record.winner != record.provisional_winner)
            assert row["visible"] == record.refinement.visible
            for bid in (*record.bids, *record.refined):
                made = bids.pop((sample.uuid, bid.agent, bid.refined))
                assert (made["z"], made["cost"], made["value"]) == (bid.z, bid.cost, bid.value)
                assert json.loads(made["ratings"]) == bid.ratings and made["length"] == bid.length
                assert made["winner"] == (bid == record.winning_bid)
                assert made["correct"] == row["correct"] and made["tokens_execute"] == row["tokens_execute"]
                seen, refined = seen + 1, refined + bid.refined
    assert not bids and seen >= 2 * TASKS * 4 and refined


def test_auctions_are_decided_again_from_tidy_data_as_from_logs(ours: Path, tidy: Tidy) -> None:
    made = dict(records_of(tidy))
    choices: list[dict[str, Any]] = [{}, *({"without": [name]} for name in ("4b", "8b", "14b", "32b"))]
    for log in logs_in(ours):
        for sample in log.samples or []:
            record = read(sample).auction
            if record is None:
                continue
            again = made.pop(sample.uuid or "")
            assert (again.winner, again.provisional_winner) == (record.winner, record.provisional_winner)
            for options in choices:
                assert redecide(again, **options) == redecide(record, **options)
    assert not made


def test_logs_say_how_they_were_made(tidy: Tidy) -> None:
    logs = tidy.logs.set_index("policy")
    assert (logs["samples"] == TASKS).all() and (logs["scored"] == TASKS).all() and (logs["planned"] == TASKS).all()
    assert json.loads(logs["prices"]["SALE"])["4b"]["as_of"] and logs["order_seed"].tolist() == [0] * 5
    shared = json.loads(logs["auction"]["SALE, panel jury, without price and length, no memory"])
    assert shared["jury_mode"] == "panel" and sorted(shared["drop"]) == ["length", "price"] and "bids" not in shared
    assert logs["auction"]["4b alone"] == "" and json.loads(logs["options"]["4b alone"])["agent"] == "4b"


def test_json_logs_are_read_as_well(ours: Path, tmp_path: Path, tidy: Tidy) -> None:
    for number, log in enumerate(logs_in(ours)):
        write_eval_log(log, str(tmp_path / f"{number}.json"), format="json")
    made = read_tidy(sorted(map(str, tmp_path.glob("*.json")))).tidy
    columns = [name for name in tidy.samples if name not in ("log", "log_path")]
    one, other = (each.samples.sort_values("uuid")[columns].reset_index(drop=True) for each in (made, tidy))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("lost", [[0], [3], list(range(TASKS))])
def test_a_store_that_a_retry_lost_is_read_from_the_transcript(
    ours: Path, tmp_path: Path, tidy: Tidy, lost: list[int]
) -> None:
    """Inspect takes samples of a killed run over without their stores."""
    for number, log in enumerate(logs_in(ours)):
        for place in lost:
            assert log.samples is not None
            log.samples[place].store = {}
        write_eval_log(log, str(tmp_path / f"{number}.eval"))
    made = read_tidy([str(tmp_path)]).tidy
    columns = [name for name in tidy.samples if name not in ("log", "log_path")]
    one, other = (each.samples.sort_values("uuid")[columns].reset_index(drop=True) for each in (made, tidy))
    pd.testing.assert_frame_equal(one, other)
    assert len(made.bids) == len(tidy.bids)


def test_a_table_counts_what_a_retry_took_over_once(ours: Path, tmp_path: Path) -> None:
    first = read_eval_log(str(min(ours.glob("*.eval"))))
    assert first.samples is not None
    first.samples = first.samples[: TASKS // 2]
    write_eval_log(first, str(tmp_path / "1.eval"))
    shutil.copy(min(ours.glob("*.eval")), tmp_path / "2.eval")
    runs = read_runs([str(tmp_path)])
    (policy,) = runs.policies
    assert len(runs.of(policy)) == TASKS and {run.head.log for run in runs.runs} == {"2.eval"}
    assert [left.count for left in runs.left_out] == [TASKS // 2], "what the later log holds too, and said so"


def test_a_table_passes_over_a_run_without_samples_only_if_it_was_retried(ours: Path, tmp_path: Path) -> None:
    first = read_eval_log(str(min(ours.glob("*.eval"))))
    first.samples, first.status = [], "started"
    write_eval_log(first, str(tmp_path / "1.eval"))
    with pytest.raises(LogError, match=r"1 logs are not finished \(1.eval: status started, 0 of 8 samples\)"):
        read_runs([str(tmp_path)])
    shutil.copy(min(ours.glob("*.eval")), tmp_path / "2.eval")
    runs = read_runs([str(tmp_path)])
    assert len(runs.runs) == TASKS and len(runs.policies) == 1


def test_logs_of_others_have_their_model_and_dollars(tmp_path: Path, prices: PriceList) -> None:
    foreign(tmp_path / "logs", "one", ["yes", "no", "yes"])
    foreign(tmp_path / "logs", "two", ["no", "no", "yes"])
    with pytest.raises(
        LogError, match="6 samples have no dollars: their model's price is not known, or no call is recorded"
    ):
        read_tidy([str(tmp_path / "logs")])
    found = read_tidy([str(tmp_path / "logs")], ReadOptions(prices=prices))
    samples = found.tidy.samples
    assert set(samples["kind"]) == {"other"} and set(samples["agent"]) == {"mockllm/one", "mockllm/two"}
    solved = samples.sort_values("task_id").groupby("agent")["correct"].agg(list).to_dict()
    assert solved == {"mockllm/one": [1, 0, 1], "mockllm/two": [0, 0, 1]}
    assert samples.groupby("agent")["usd"].first().tolist() == pytest.approx([120e-6, 340e-6])
    assert (samples["tokens"] == 110).all() and (samples["usd_execute"] == samples["usd"]).all()
    assert len(found.tidy.bids) == 0


def test_a_failed_run_and_its_retry_are_one(tmp_path: Path, prices: PriceList) -> None:
    failed: list[int] = []

    @solver
    def fails_once() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            if state.sample_id == 1 and not failed:
                failed.append(1)
                raise ValueError("the server is down")
            return state

        return solve

    folder = tmp_path / "logs"
    task = quiz(fails_once())
    first = ran(task, folder, model=mock("one", ["yes"] * 9), max_samples=1, fail_on_error=False)
    priced = ReadOptions(prices=prices)
    (left,) = read_tidy([str(folder)], priced).left_out
    assert (left.count, left.log) == (1, Path(first.location).name) and "the server is down" in left.reason
    # A copy of the same runs, as eval-retry makes one, under a later name.
    again = read_eval_log(first.location)
    again.eval.created = "2100-01-01T00:00:00+00:00"
    for sample in again.samples or []:
        if sample.error is not None:
            sample.error, sample.uuid = None, "another"
            fine = (again.samples or [])[0]
            sample.scores, sample.events, sample.output = fine.scores, fine.events, fine.output
    write_eval_log(again, str(folder / "again.eval"))
    found = read_tidy([str(folder)], priced)
    assert set(found.tidy.samples["log"]) == {"again.eval"} and len(found.tidy.samples) == 3
    assert sorted(each.count for each in found.left_out) == [1, 2]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sale_inspect._files.cache_root", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "logs"


def test_the_cache_answers_for_the_same_bytes_only(
    ours: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, tidy: Tidy
) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(ours, logs)
    first = read_tidy([str(logs)])
    moved = logs.rename(tmp_path / "moved")

    def never(location: str, file: object) -> None:
        raise AssertionError(f"{location} is read again")

    with monkeypatch.context() as patch:
        patch.setattr("sale_inspect._inspect.logs._read._read", never)
        second = read_tidy([str(moved)])
        repriced = read_tidy([str(moved)], ReadOptions(reprice=read_price_list("sim")))
        with pytest.raises(LogError, match="is read again"):
            read_tidy([str(moved)], cache=False)
    columns = [name for name in tidy.samples if name != "log_path"]
    pd.testing.assert_frame_equal(first.tidy.samples[columns], second.tidy.samples[columns])
    assert repriced.tidy.samples["usd"].sum() == pytest.approx(first.tidy.samples["usd"].sum())
    assert all("moved" in path for path in second.tidy.samples["log_path"])
    changed = next(logs_in(moved))
    (changed.samples or [])[0].metadata["bin"] = "b5"
    write_eval_log(changed, changed.location)
    assert (read_tidy([str(moved)]).tidy.samples["bin"] == "b5").sum() == 1


def test_a_spoilt_cache_is_read_anew(ours: Path, cache: Path, tidy: Tidy) -> None:
    read_tidy([str(ours)])
    kept = list(cache.glob("*.gz"))
    assert kept
    for path in kept:
        path.write_bytes(b"spoilt")
    pd.testing.assert_frame_equal(read_tidy([str(ours)]).tidy.samples, tidy.samples)


def test_logs_that_may_still_grow_are_not_kept(ours: Path, tmp_path: Path, cache: Path) -> None:
    log = next(logs_in(ours))
    log.status = "started"
    write_eval_log(log, str(tmp_path / "logs" / "growing.eval"))
    with pytest.raises(LogError, match=r"1 logs are not finished .*status started, 8 of 8 samples"):
        read_tidy([str(tmp_path / "logs")])
    assert not cache.exists()


def test_parquet_stands_in_for_logs(ours: Path, tmp_path: Path, tidy: Tidy) -> None:
    left = SamplesLeftOut(reason="errors", log="a.eval", count=2, examples=("x epoch 1",))
    for name, data in tidy_bytes(ScreenedTidy(tidy=tidy, left_out=(left,), health=("no judge rated.",))).items():
        (tmp_path / name).write_bytes(data)
    for places in ([str(tmp_path)], [str(tmp_path / name) for name in TIDY_FILES]):
        found = read_tidy(places)
        pd.testing.assert_frame_equal(found.tidy.samples, tidy.samples)
        pd.testing.assert_frame_equal(found.tidy.bids, tidy.bids)
        assert found.left_out == (left,) and found.health == ("no judge rated.",)
    assert len(read_tidy([str(tmp_path), str(ours)]).tidy.samples) == len(tidy.samples)


def test_files_that_are_no_tidy_data_are_refused(tmp_path: Path, tidy: Tidy) -> None:
    for name, data in tidy_bytes(ScreenedTidy(tidy=tidy)).items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(LogError, match=r"give .*\.parquet too"):
        read_tidy([str(tmp_path / "samples.parquet")])
    tidy.bids.to_parquet(tmp_path / "bids.parquet")
    with pytest.raises(LogError, match=r"bids.parquet: is not tidy data of version 1"):
        read_tidy([str(tmp_path)])
    (tmp_path / "bids.parquet").write_text("no", encoding="utf-8")
    with pytest.raises(LogError, match="cannot be read as Parquet"):
        read_tidy([str(tmp_path)])
    (tmp_path / "other.parquet").write_text("no", encoding="utf-8")
    with pytest.raises(LogError, match="none of a report's files"):
        read_tidy([str(tmp_path / "other.parquet")])


def test_a_file_that_is_no_log_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.eval").write_bytes(b"PK no zip")
    with pytest.raises(LogError, match=r"broken.eval cannot be read"):
        read_tidy([str(tmp_path / "broken.eval")])
    with pytest.raises(LogError, match="No such log file"):
        read_tidy([str(tmp_path / "nothing.eval")])


def test_two_processes_read_what_one_reads(ours: Path, tidy: Tidy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sale_inspect._inspect.logs._read._WORTH_PROCESSES", 1)
    told: list[tuple[int, int]] = []
    made = read_tidy([str(ours)], cache=False, engine=here(2), progress=lambda done, total: told.append((done, total)))
    pd.testing.assert_frame_equal(made.tidy.samples, tidy.samples)
    assert told == [(n, 5) for n in range(1, 6)]


# inspect_ai 0.3.285 calls pandas with a parameter that pandas 3.1 deprecates.
@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.drop_duplicates")
def test_inspects_own_frames_work_and_take_our_columns(ours: Path, tidy: Tidy, tmp_path: Path) -> None:
    evals = evals_df(str(ours), quiet=True)
    assert len(evals) == 5 and any("pass_and_cost" in name for name in evals.columns)
    made = samples_df(str(ours), columns=[*SampleSummary, *SALE_COLUMNS], quiet=True).set_index("sample_id")
    rows = tidy.samples.set_index("uuid")
    assert set(made.index) == set(rows.index)
    for uuid, row in rows.iterrows():
        own = made.loc[str(uuid)]
        assert (own["winner"], own["bin"], own["correct"]) == (row["agent"], row["bin"], row["correct"])
        assert own["usd"] == pytest.approx(row["usd"]) and own["usd_execute"] == pytest.approx(row["usd_execute"])
        assert own["tokens_jury"] == row["tokens_jury"] and own["uncounted"] == 0
    foreign(tmp_path, "one", ["yes", "no", "yes"])
    other = samples_df(str(tmp_path), columns=[*SampleSummary, *SALE_COLUMNS], quiet=True)
    assert other["winner"].isna().all() and other["correct"].tolist() == [1, 0, 1]
