"""Weights files: complete, readable, and refused where they do not belong."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sale_inspect import PoolError
from sale_inspect.auction import Weights, uniform_weights
from sale_inspect.weights import (
    FitData,
    FitOptions,
    OutcomeOptions,
    WeightsFile,
    dev_value,
    fit_minmax,
    fit_outcome,
    load_weights,
    make_weights_file,
    read_weights_file,
    save_weights,
    to_text,
)

MakeData = Callable[..., FitData]

DAY = datetime.date(2026, 11, 23)


def outcome_file(data: FitData, keep_pass: float | None = None) -> WeightsFile:
    options = OutcomeOptions(keep_pass=keep_pass, samples=500)
    weights, report = fit_outcome(data, options)
    said = FitOptions(floor=0.01, keep_pass=keep_pass, folds=5, seed=0)
    return make_weights_file(data, weights, objective="outcome", options=said, date=DAY, outcome=report)


def load(path: Path, data: FitData, **changes: Any) -> Weights:
    wanted: dict[str, Any] = {"agents": data.agents, "prices": data.prices, "strategy_tokens": 300, **changes}
    return load_weights(path, **wanted)


@pytest.fixture
def own(data: MakeData) -> FitData:
    return data(20, seed=1)


@pytest.fixture
def path(own: FitData, tmp_path: Path) -> Path:
    found = tmp_path / "weights.json"
    save_weights(outcome_file(own), found)
    return found


def test_what_was_fitted_is_what_is_loaded(own: FitData, path: Path) -> None:
    fitted = fit_outcome(own, OutcomeOptions(samples=500))[0]
    loaded = load(path, own)
    assert (loaded.price, loaded.entropy, loaded.judges) == (fitted.price, fitted.entropy, fitted.judges)
    assert loaded.origin == "outcome fit of 2026-11-23 on 20 tasks (weights.json)"


def test_a_file_tells_all_of_its_fit(own: FitData, path: Path) -> None:
    file = read_weights_file(path)
    assert file == outcome_file(own)
    assert file.data_hash == own.data_hash
    assert {agent.name: agent.usd_per_mtok for agent in file.agents} == own.prices
    assert file.features.strategy_tokens == 300 and file.features.entropy_kinds == ("text",)
    assert file.dev is not None and file.dev == dev_value(own, load(path, own))
    assert file.outcome is not None and file.outcome.cross_validation is not None and file.outcome.frontier


def test_minmax_and_uniform_files_come_back_as_they_were(own: FitData, tmp_path: Path) -> None:
    weights, report = fit_minmax(own)
    for name, file in {
        "m": make_weights_file(
            own, weights, objective="minmax", options=FitOptions(floor=0.01), date=DAY, minmax=report
        ),
        "u": make_weights_file(own, uniform_weights(own.agents), objective="uniform", options=FitOptions(), date=DAY),
    }.items():
        save_weights(file, tmp_path / name)
        assert read_weights_file(tmp_path / name) == file


def test_agents_may_be_in_any_order_and_prices_a_hundredth_off(own: FitData, path: Path) -> None:
    near = {agent: price * 1.0099 for agent, price in own.prices.items()}
    assert load(path, own, agents=own.agents[::-1], prices=near) == load(path, own)


def dearer(prices: Mapping[str, float]) -> dict[str, float]:
    return {**prices, "8b": prices["8b"] * 1.02}


def test_another_pool_is_refused(own: FitData, path: Path) -> None:
    with pytest.raises(
        PoolError, match=r"weights\.json: field `agents`: fitted for the pool 'made-up' of 4b, 8b, 14b, 32b"
    ):
        load(path, own, agents=("4b", "8b"), prices={"4b": 0.05, "8b": 0.09})


def test_another_price_is_refused(own: FitData, path: Path) -> None:
    with pytest.raises(
        PoolError, match=r"field `agents`: fitted with '8b' at \$0\.09 .* has it at \$0\.0918, more than 1%"
    ):
        load(path, own, prices=dearer(own.prices))


def test_another_cap_of_strategies_is_refused(own: FitData, path: Path) -> None:
    with pytest.raises(PoolError, match=r"field `features\.strategy_tokens`: fitted with 300, .* has 200\. Run with"):
        load(path, own, strategy_tokens=200)


def test_another_tokenizer_is_refused(own: FitData, path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("words-and-marks-1", "letters")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PoolError, match=r"field `features\.tokenizer`: fitted with 'letters'"):
        load(path, own)


def spoil(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["weights"].update(price=0.9), r"field `weights`: the weights sum to .*, not to 1"),
        (
            lambda c: c["weights"].update(price=-0.1),
            r"field `weights\.price`: Input should be greater than or equal to 0",
        ),
        (
            lambda c: c["weights"]["judges"].update({"70b": 0.0}),
            r"weights\.judges must name the agents 4b, 8b, 14b, 32b",
        ),
        (lambda c: c.update(schema_version=2), r"field `schema_version`: Input should be 1"),
        (lambda c: c.pop("data_hash"), r"field `data_hash`: Field required"),
        (lambda c: c.update(extra=1), r"field `extra`: Extra inputs are not permitted"),
    ],
)
def test_a_spoilt_file_is_refused_by_field(
    own: FitData, path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    spoil(path, change)
    with pytest.raises(PoolError, match=rf"Weights file .*weights\.json: {message}.*Fit it again"):
        load(path, own)


def test_text_that_is_not_json_is_refused(own: FitData, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("price: 1", encoding="utf-8")
    with pytest.raises(PoolError, match=r"Weights file .*bad\.json: Invalid JSON"):
        load(bad, own)


def test_a_missing_file_is_named_with_how_to_make_it(own: FitData, tmp_path: Path) -> None:
    with pytest.raises(PoolError, match=r"none\.json cannot be read: No such file.*sale-inspect fit LOGS\.\.\. -o"):
        load(tmp_path / "none.json", own)


def test_dev_value_by_hand(data: MakeData) -> None:
    """With all weight on price x length the least c wins; a task's two auctions share its place in the mean."""
    own = data(2, seed=3)
    cheapest = Weights(price=1.0, entropy=0.0, judges=dict.fromkeys(own.agents, 0.0), origin="by hand")
    own = replace(own, tasks=(*own.tasks, replace(own.tasks[1], instance=2, usd_overhead=0.5)))
    one, two, three = own.tasks
    pick = [min(task.features, key=lambda agent: task.features[agent].price_length) for task in own.tasks]
    found = dev_value(own, cheapest)
    assert found is not None

    def halves(first: float, second: float, third: float) -> float:
        return first / 2 + second / 4 + third / 4

    assert found.pass_rate == pytest.approx(halves(*(t.solved[p] for t, p in zip(own.tasks, pick, strict=True))))  # type: ignore[arg-type]
    spent = [t.usd[p] + t.usd_overhead for t, p in zip((one, two, three), pick, strict=True)]  # type: ignore[operator]
    assert found.usd == pytest.approx(halves(*spent))
    assert sum(found.wins.values()) == pytest.approx(1.0)


def test_the_text_shows_weights_frontier_and_overfitting(own: FitData) -> None:
    text = to_text(outcome_file(own))
    file = outcome_file(own)
    assert "outcome weights for pool 'made-up', 2026-11-23, on 20 tasks" in text
    assert f"rating by 14b   {file.weights.judges['14b']:.4f}" in text
    for words in (
        "these weights, dev",
        "cross-validated (5 folds)",
        "32b alone, dev",
        "oracle, dev",
        "Overfitting:",
        "Frontier",
    ):
        assert words in text


def test_the_text_says_plainly_whether_pass_was_kept(data: MakeData) -> None:
    own = data(40, seed=12)
    assert "\nKept: 50.0% of " in to_text(outcome_file(own, keep_pass=0.5))
    lost = outcome_file(own)
    assert lost.outcome is not None
    kept = outcome_file(own, keep_pass=0.5).outcome
    assert kept is not None and kept.keep is not None
    missed = kept.model_copy(update={"keep": kept.keep.model_copy(update={"reached": False})})
    assert "NOT KEPT: no weights keep 50.0% of " in to_text(lost.model_copy(update={"outcome": missed}))


def test_the_text_says_when_the_solver_was_stopped_and_marks_simulated_pools(own: FitData) -> None:
    weights, report = fit_minmax(own)
    options = FitOptions(floor=0.01)
    simulated = replace(own, simulated=True)
    file = make_weights_file(simulated, weights, objective="minmax", options=options, date=DAY, minmax=report)
    assert "optimal: gap" in to_text(file) and "simulated pool 'made-up'" in to_text(file)
    stopped = file.model_copy(update={"minmax": report.model_copy(update={"status": "time limit", "gap": 0.1})})
    assert "time limit: gap 0.1" in to_text(stopped) and "A longer --time-limit may better them" in to_text(stopped)


def test_without_outcomes_the_text_does_not_invent_a_pass_rate(own: FitData) -> None:
    blind = replace(own, tasks=tuple(replace(task, solved={}, usd={}) for task in own.tasks))
    file = make_weights_file(blind, uniform_weights(own.agents), objective="uniform", options=FitOptions(), date=DAY)
    assert file.dev is None
    assert "pass@1 of these weights is not known" in to_text(file)
