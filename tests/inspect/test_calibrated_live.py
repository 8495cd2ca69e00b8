"""A calibrated fit decides in real evaluations: fitted on dev logs of the simulated pool, then given to `sale`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog, EvalSample, read_eval_log

from sale_inspect import FitRequest, LogError, ablate, fit_auction
from sale_inspect._cli import main
from sale_inspect._errors import MissingRequirementError, OptionError, PoolError
from sale_inspect._inspect.logs import read_runs
from sale_inspect._inspect.logs.tidy import read_tidy
from sale_inspect._inspect.solvers._prepare import prepare
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.auction import AuctionRecord, card, redecide
from sale_inspect.calibrated import (
    CalibratedFile,
    Gate,
    after_bids,
    before_bids,
    bids_of,
    read_calibrated,
    save_calibrated,
    task_of,
)
from sale_inspect.embedding import HashingEmbedder
from sale_inspect.options import SaleOptions
from sale_inspect.pools import load_pool
from sale_inspect.report.tidy import records_of
from sale_inspect.runs import ReadOptions, auctions_of, fit_data

AGENTS = ("4b", "8b", "14b", "32b")
WORTH = 0.05


def run(folder: Path, solver: Any, **options: Any) -> EvalLog:
    task = hst_coding(set="mini", bins="b1", sandbox="local")
    (log,) = inspect_eval(task, solver=solver, log_dir=str(folder), display="none", log_realtime=False, **options)
    assert log.status == "success", log.error
    return log


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("calibrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
        patch.delenv("SALE_MINILM_DIR", raising=False)
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        for name, solver in {"SALE": sale(pool="sim"), **{a: single(agent=a, pool="sim") for a in AGENTS}}.items():
            run(folder / "dev" / name, solver)
        yield folder


@pytest.fixture(scope="module")
def fitted(home: Path) -> Path:
    """As fitted on 8 dev tasks, which cannot tell the agents apart: the best single agent does every task."""
    path = home / "fallback.npz"
    file = fit_auction([home / "dev"], FitRequest(objective="calibrated", embedder="hashing"), path)
    assert file.header.setting.fallback
    return path


def tuned(source: Path, path: Path, bill: float | None = None) -> CalibratedFile:
    """The fit as if more tasks had certified it: it reads ratings and the task's length, and half of auctions pay."""
    file = read_calibrated(source)
    rng = np.random.default_rng(0)
    before, after = file.prior.slope.copy(), file.after.slope.copy()
    before[:, file.prior.names.index("text length")] = [-1.0, -0.5, 0.5, 1.0]
    after[:, file.after.names.index("rating over the auction's mean")] = 1.5
    after[:, file.after.names.index("text length")] = [-1.0, -0.5, 0.5, 1.0]
    updates = rng.normal(0.0, 0.1, (50, len(AGENTS)))
    setting = file.header.setting.model_copy(update={"fallback": False, "worth": WORTH})

    def with_bill(usd: float) -> CalibratedFile:
        return replace(
            file,
            header=file.header.model_copy(update={"setting": setting, "bill_usd": usd, "reliability": 1.0}),
            prior=replace(file.prior, slope=before),
            after=replace(file.after, slope=after),
            gate=Gate(updates=updates, reliability=1.0, bill_usd=usd),
        )

    if bill is None:
        texts = [run.sample.text for run in read_runs([str(source.parent / "dev" / "4b")], cache=False).runs]
        gains = [before_bids(with_bill(0.0), task(text))[0].gain_usd for text in texts]
        assert max(gains) > min(gains)
        bill = float(np.median(gains))
    made = with_bill(bill)
    save_calibrated(made, path)
    return made


def task(text: str, domain: str = "coding") -> Any:
    return task_of(text, HashingEmbedder().embed([text])[0].tolist(), domain)


@pytest.fixture(scope="module")
def gated(home: Path, fitted: Path) -> Path:
    path = home / "gated.npz"
    tuned(fitted, path)
    return path


@pytest.fixture(scope="module")
def auto(home: Path, gated: Path) -> EvalLog:
    return run(home / "auto", sale(pool="sim", weights=str(gated)))


@pytest.fixture(scope="module")
def always(home: Path, gated: Path) -> EvalLog:
    return run(home / "always", sale(pool="sim", weights=str(gated), auction="always"))


def records(log: EvalLog) -> dict[str, AuctionRecord]:
    found = {}
    for sample in read_eval_log(log.location).samples or []:
        record = read(sample).auction
        assert record is not None
        found[str(sample.id)] = record
    return found


def samples(log: EvalLog) -> dict[str, EvalSample]:
    return {str(sample.id): sample for sample in read_eval_log(log.location).samples or []}


def test_the_fit_decides_as_it_does_on_paper(auto: EvalLog, gated: Path) -> None:
    """From the log's own text and bids, by the functions of the fit: nothing else went into the decision."""
    file = read_calibrated(gated)
    runs = {run.task: run for run in read_runs([auto.location], cache=False).runs}
    for name, record in records(auto).items():
        made, facts = record.calibrated, task(runs[name].sample.text)
        assert made is not None and (made.file, made.data) == (gated.name, file.header.data_hash)
        gate, before = before_bids(file, facts)
        assert (made.held, made.gate) == (gate.hold, gate.reason) and made.gain_usd == pytest.approx(gate.gain_usd)
        assert made.before == before and record.held == made.held
        if record.held:
            assert made.after == after_bids(file, facts, bids_of(file.agents, [record]))
        assert record.winner == record.provisional_winner == made.decision.winner
        assert read(samples(auto)[name]).agent == record.winner, "who was chosen executes"


def test_a_skipped_auction_costs_nothing_and_says_why(auto: EvalLog) -> None:
    found = records(auto)
    skipped = {name for name, record in found.items() if not record.held}
    assert 0 < len(skipped) < len(found), "half of the auctions pay"
    for name, sample in samples(auto).items():
        phases = {entry.phase for entry in read(sample).entries or ()}
        assert phases == ({"execute"} if name in skipped else {"bid", "jury", "execute"})
        made = found[name].calibrated
        assert made is not None
        assert made.gate.startswith("No auction is held: a better choice than" if name in skipped else "The auction is")
        assert found[name].refined == () and (found[name].options["plan"], found[name].memory) == ("none", "off")
        shown = card(found[name])
        assert f"**{found[name].winner}** is chosen" in shown and made.decision.reason.split(";")[0] in shown
        assert ("The bids." in shown) == (name not in skipped)


def test_the_gate_never_changes_the_winner_of_an_auction_that_is_held(auto: EvalLog, always: EvalLog) -> None:
    one, other = records(auto), records(always)
    assert all(record.held for record in other.values())
    held = [name for name, record in one.items() if record.held]
    assert held
    for name in held:
        assert one[name].bids == other[name].bids and one[name].winner == other[name].winner
        first, second = one[name].calibrated, other[name].calibrated
        assert first is not None and second is not None and first.after == second.after


def test_records_are_the_same_at_any_concurrency(home: Path, auto: EvalLog, gated: Path) -> None:
    slow = run(home / "one", sale(pool="sim", weights=str(gated)), max_samples=1)
    assert records(slow) == records(auto)


def test_a_fit_that_fell_back_holds_no_auction_and_says_so(home: Path, fitted: Path) -> None:
    log = run(home / "fallback", sale(pool="sim", weights=str(fitted)))
    single = read_calibrated(fitted).header.setting.single
    for record in records(log).values():
        assert record.calibrated is not None and record.calibrated.before.fallback
        assert record.winner == single and not record.held and single in record.calibrated.gate
    assert {entry.phase for sample in samples(log).values() for entry in read(sample).entries or ()} == {"execute"}
    notes = " ".join(read_runs([log.location], cache=False).health)
    assert f"no auction was held for 8 of 8 tasks: the fit fell back to {single} alone" in notes


def test_a_recorded_choice_is_decided_again_from_its_record(auto: EvalLog) -> None:
    for record in records(auto).values():
        assert redecide(record).winner == record.winner
        made = record.calibrated
        assert made is not None
        likeliest = max(each.p for each in made.decision.forecasts if not record.held or each.agent in bidders(record))
        at_any_price = redecide(record, worth=1e9).winner
        assert next(each.p for each in made.decision.forecasts if each.agent == at_any_price) == likeliest
        cheapest = min(made.decision.forecasts, key=lambda each: each.usd).agent
        assert redecide(record, worth=0.0).winner == cheapest
        assert redecide(record, without=[record.winner]).winner != record.winner
        assert redecide(record, rule="before").winner == made.before.winner
        if record.held:
            assert redecide(record, rule="z").winner == min(record.bids, key=lambda bid: bid.z).agent


def bidders(record: AuctionRecord) -> set[str]:
    return {bid.agent for bid in record.bids}


def test_tidy_data_keep_the_decision(auto: EvalLog) -> None:
    tidy = read_tidy([auto.location], cache=False).tidy
    found = records(auto)
    names = dict(zip(tidy.samples["uuid"], tidy.samples["task_id"], strict=True))
    made = {names[uuid]: record for uuid, record in records_of(tidy)}
    assert sorted(made) == sorted(found)
    for name, record in found.items():
        assert made[name].calibrated == record.calibrated and made[name].winner == record.winner
        assert redecide(made[name], worth=0.02).winner == redecide(record, worth=0.02).winner
    assert dict(zip(tidy.samples["task_id"], tidy.samples["skipped"], strict=True)) == {
        name: not record.held for name, record in found.items()
    }
    assert tidy.bids["p"].between(0, 1).all() and (tidy.bids["expected_usd"] > 0).all()


def test_table_and_ablate_show_what_the_fit_did(home: Path, auto: EvalLog) -> None:
    skipped = sum(not record.held for record in records(auto).values())
    ran = CliRunner().invoke(main, ["table", str(home / "auto"), *(str(home / "dev" / agent) for agent in AGENTS)])
    assert ran.exit_code == 0, ran.output
    told = " ".join(ran.output.split())
    assert f"no auction was held for {skipped} of 8 tasks: it was not expected to pay for itself" in told
    assert "auctions took" in told and "success was forecast" in told and "preset ours" in told
    table = ablate([home / "auto", *(home / "dev" / agent for agent in AGENTS)])
    rows = {row[0]: row for row in table.sections[0]}
    assert rows["as recorded"][1] == "0 of 8" and "forecasts without bids" in rows
    by_z = rows["lowest z, uniform weights"]
    assert by_z[6] == str(skipped), "who would have won the auctions that were not held needs new calls"


def test_a_page_is_written_of_what_the_fit_did(home: Path, auto: EvalLog) -> None:
    places = [str(home / "auto"), *(str(home / "dev" / agent) for agent in AGENTS)]
    ran = CliRunner().invoke(main, ["report", *places, "-o", str(home / "page")])
    assert ran.exit_code == 0, ran.output
    page = (home / "page" / "report.html").read_text()
    assert "it was not expected to pay for itself" in page and "forecasts without bids" in page
    assert "preset ours" in page


def test_held_auctions_alone_can_be_fitted_to_and_a_note_says_what_is_missing(home: Path, auto: EvalLog) -> None:
    runs = read_runs([auto.location], ReadOptions(line_up=False), cache=False)
    skipped = len(auctions_of(runs).skipped)
    assert any(note.startswith(f"{skipped} samples of SALE have no bids") for note in fit_data(runs).notes)
    none = read_runs([str(home / "fallback")], ReadOptions(line_up=False), cache=False)
    with pytest.raises(LogError, match="In all 8 samples of SALE a calibrated fit chose without an auction"):
        fit_data(none)


def pool_file(folder: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """The simulated pool with one thing changed."""
    content = load_pool("sim").model_dump(mode="json", exclude_none=True)
    change(content)
    path = folder / "pool.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy_tokens": 200}, "field `features.strategy_tokens`: fitted with 300, but this run has 200. Run with"),
        ({"jury": "panel"}, "field `form.jury`: fitted to auctions with jury=individual, but this run has jury=panel"),
        ({"judges": "peers"}, "field `form.judges`: fitted to auctions with judges=all"),
        ({"defences": "quote"}, "field `form.defences`: fitted to auctions with defences=anonymous,quote"),
        ({"execute": "task", "plan": "own"}, "field `form.executor`: fitted to outcomes of 'react'"),
        ({"embedder": "minilm"}, "field `embedder`: fitted with hashing-1024, but this run has embedder=minilm"),
        ({"without": "4b"}, "field `agents`: fitted for the pool 'sim'"),
    ],
)
def test_other_options_than_those_of_the_fit_are_refused(gated: Path, options: Mapping[str, Any], message: str) -> None:
    with pytest.raises((PoolError, OptionError)) as error:
        prepare(SaleOptions(pool="sim", weights=str(gated), **options))
    assert str(error.value).startswith(f"Calibrated file {gated}: {message}")


@pytest.mark.parametrize(
    ("option", "value"),
    [("refined", "mean"), ("prefer", 0.1), ("drop", "entropy"), ("neighbours", 4), ("winning", "outcome")],
)
def test_options_without_effect_beside_a_fit_are_refused(gated: Path, option: str, value: Any) -> None:
    with pytest.raises(OptionError, match=f"{option} has no effect beside a calibrated file: .* Leave it out"):
        prepare(SaleOptions(pool="sim", weights=str(gated), **{option: value}))


def test_a_pool_of_other_agents_or_prices_is_refused(tmp_path: Path, gated: Path) -> None:
    def dearer(content: dict[str, Any]) -> None:
        content["agents"][0]["price"]["output"] *= 2

    def another(content: dict[str, Any]) -> None:
        content["agents"][0]["config"] = {"temperature": 0.9}

    for change, message in (
        (dearer, "field `agents`: fitted with '4b' at"),
        (another, "field `form.identities`: fitted for another '4b'"),
    ):
        with pytest.raises(PoolError, match=message):
            prepare(SaleOptions(pool=pool_file(tmp_path, change), weights=str(gated)))


def test_what_a_file_cannot_do_is_refused_with_a_remedy(tmp_path: Path, gated: Path, fitted: Path) -> None:
    with pytest.raises(OptionError, match=r"auction=auto needs a calibrated file.*--objective calibrated -o"):
        prepare(SaleOptions(pool="sim", auction="auto"))
    with pytest.raises(OptionError, match="auction=always has no effect: this fit gives every task to"):
        prepare(SaleOptions(pool="sim", weights=str(fitted), auction="always"))
    with pytest.raises(OptionError, match="weights: a calibrated file belongs to a pool file"):
        prepare(SaleOptions(weights=str(gated)))
    with pytest.raises(PoolError, match=r"missing\.npz cannot be read.*--objective calibrated"):
        prepare(SaleOptions(pool="sim", weights=str(tmp_path / "missing.npz")))
    torn = tmp_path / "torn.npz"
    torn.write_bytes(gated.read_bytes()[:200])
    with pytest.raises(PoolError, match=r"torn\.npz is damaged"):
        prepare(SaleOptions(pool="sim", weights=str(torn)))
    file = read_calibrated(gated)
    minilm = tmp_path / "minilm.npz"
    name = file.header.embedder.model_copy(update={"name": "all-MiniLM-L6-v2"})
    save_calibrated(replace(file, header=file.header.model_copy(update={"embedder": name})), minilm)
    with pytest.raises(MissingRequirementError, match=r"minilm\.npz: field `embedder`: .*(SALE_MINILM_DIR|fastembed)"):
        prepare(SaleOptions(pool="sim", weights=str(minilm)))


def test_the_file_brings_ours_and_a_preset_of_the_user_stays(gated: Path) -> None:
    brought = prepare(SaleOptions(pool="sim", weights=str(gated))).options
    assert (brought.preset, brought.auction, brought.plan, brought.prefer) == ("ours", "auto", "none", 0.0)
    paper = prepare(SaleOptions(pool="sim", weights=str(gated), preset="paper")).options
    assert (paper.preset, paper.auction, paper.plan) == ("paper", "always", "own")
    mine = prepare(SaleOptions(pool="sim", weights=str(gated), plan="own", auction="always")).options
    assert (mine.preset, mine.auction, mine.plan) == ("ours", "always", "own")
    # A file is known by what it holds, not by its name.
    other = gated.with_suffix(".bin")
    other.write_bytes(gated.read_bytes())
    assert prepare(SaleOptions(pool="sim", weights=str(other))).options == replace(brought, weights=str(other))
