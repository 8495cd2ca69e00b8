"""Forecasts against sums by hand, and against what a run then really cost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from inspect_ai import eval as inspect_eval

from sale_inspect._cli import main
from sale_inspect._errors import ForecastError
from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.auction import count_tokens, prompt
from sale_inspect.forecast import (
    Assumptions,
    Forecast,
    RecordedSample,
    forecast_recorded,
    forecast_sale,
    forecast_single,
)
from sale_inspect.money import Entry, Phase, Price, TokenUsage, total_usd


def priced(usd_per_mtok: float) -> Price:
    return Price(
        input=usd_per_mtok, output=2 * usd_per_mtok, cache_read=usd_per_mtok / 10, cache_write=usd_per_mtok,
        as_of="2026-11-23", source="test",
    )  # fmt: skip


def sample(task: str, usd: float, *, group: str = "", phase: Phase = "execute") -> RecordedSample:
    entry = Entry(
        phase=phase, agent="a", model="m", calls=2, usage=TokenUsage(input=100, output=10), usd=usd, seconds=1.0
    )
    return RecordedSample(task=task, group=group, entries=(entry,), seconds=30.0)


def test_recorded_means_times_planned_tasks() -> None:
    own = [sample("t1", 1.0), sample("t1", 3.0), sample("t2", 4.0), sample("t3", 0.0, phase="grade")]
    found = forecast_recorded("SALE", own, {"": 30})
    # Epochs of a task are one task: (2 + 4 + 0) / 3 dollars a task; grading is nobody's cost.
    assert found.usd == pytest.approx(60.0)
    assert found.calls == pytest.approx(30 * 4 / 3)
    assert found.seconds == pytest.approx(900)
    # An interval from three tasks would cover 72% where it says 95%.
    assert found.low_usd is None and found.high_usd is None
    assert found.notes == (
        "no interval of the dollars: 2 tasks that cost something (3 in all) are too few for an interval of dollars, "
        "which takes 30.",
    )


def test_groups_are_planned_each_by_its_own_mean() -> None:
    own = [sample(f"m{n}", 1.0, group="mbpp") for n in range(9)]
    own += [sample(f"q{n}", 10.0, group="mcq") for n in range(9)]
    assert forecast_recorded("x", own, {"mbpp": 5, "mcq": 1}).usd == pytest.approx(15.0)
    with pytest.raises(ForecastError, match=r"'gaia'.*mbpp, mcq"):
        forecast_recorded("x", own, {"gaia": 5})
    with pytest.raises(ForecastError, match="at least one"):
        forecast_recorded("x", own, {})


def test_the_interval_is_wider_for_fewer_recorded_and_fewer_planned_tasks() -> None:
    many = [sample(f"t{n}", float(1 + n % 7)) for n in range(300)]

    def relative(recorded: int, planned: int) -> float:
        found = forecast_recorded("x", many[:recorded], {"": planned})
        assert found.low_usd is not None and found.high_usd is not None and found.low_usd < found.usd < found.high_usd
        return (found.high_usd - found.low_usd) / found.usd

    assert relative(30, 1000) > 1.5 * relative(300, 1000)
    assert relative(70, 10) > 1.5 * relative(70, 1000)


def figures(found: Forecast, phase: str, agent: str) -> tuple[float, float, float]:
    (own,) = [each for each in found.phases if (each.phase, each.agent) == (phase, agent)]
    return own.calls, own.input_tokens, own.output_tokens


def test_assumed_calls_and_tokens_by_hand() -> None:
    assumed = Assumptions(
        task_tokens=100, plan_tokens=50, rating_tokens=5, neighbours=2, trace_input=1000, trace_output=100,
        trace_calls=4, cached=0.5,
    )  # fmt: skip
    prices = {"small": priced(1.0), "large": priced(10.0)}
    size = {name: count_tokens(prompt(name).text) for name in ("task", "bid", "jury", "panel", "refine", "pair")}
    base = 100 + size["task"]
    found = forecast_sale(prices, 10, assumed)
    assert figures(found, "bid", "small") == pytest.approx((10, 10 * (base + size["bid"]), 500))
    assert figures(found, "jury", "large") == pytest.approx((20, 20 * (base + size["jury"] + 50), 100))
    # The large agent leads half of the auctions; then the small one refines, and both rate its plan.
    refine = base + size["refine"] + 50 + 2 * (100 + size["pair"])
    rate = base + size["jury"] + 50
    assert figures(found, "refine", "small") == pytest.approx((10, 5 * refine + 5 * rate, 275))
    assert figures(found, "refine", "large") == pytest.approx((5, 5 * rate, 25))
    assert figures(found, "execute", "small") == pytest.approx((20, 5000, 500))
    (run,) = [each for each in found.phases if (each.phase, each.agent) == ("execute", "small")]
    assert run.usd == pytest.approx((2500 * 1.0 + 2500 * 0.1 + 500 * 2.0) / 1e6)
    assert found.low_usd is not None and found.high_usd is not None
    assert found.low_usd < found.usd < found.high_usd
    panel = forecast_sale(prices, 10, assumed, jury="panel", memory=False)
    assert figures(panel, "jury", "small") == pytest.approx((10, 10 * (base + size["panel"] + 100), 100))
    assert not [each for each in panel.phases if each.phase == "refine"]
    alone = forecast_single("small", prices["small"], 10, assumed)
    assert alone.usd == pytest.approx(2 * run.usd) and alone.low_usd == alone.high_usd


def test_bad_assumptions_are_refused() -> None:
    with pytest.raises(ForecastError, match="cached"):
        Assumptions(cached=2.0)
    with pytest.raises(ForecastError, match="at least one task"):
        forecast_sale({"a": priced(1.0)}, 0, Assumptions())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["plan", *arguments], catch_exceptions=False)


def test_the_rest_of_a_run_costs_what_its_beginning_forecast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)
    spent = {}
    for name, part in {"few": (0, 12), "rest": (12, 24)}.items():
        (log,) = inspect_eval(
            hst_coding(set="mini", sandbox="local"), solver=sale(pool="sim", memory="off"), limit=part,
            log_dir=str(tmp_path / name), display="none", log_realtime=False,
        )  # fmt: skip
        assert log.status == "success"
        spent[name] = sum(total_usd(read(each).entries or ()) for each in log.samples or [])
    figures_file = tmp_path / "plan.json"
    done = run("--tasks", "12", "--like", str(tmp_path / "few"), "--json", str(figures_file))
    assert done.exit_code == 0, done.output
    (found,) = json.loads(figures_file.read_text())["forecasts"]
    assert sum(phase["usd"] for phase in found["phases"]) == pytest.approx(spent["few"])
    assert sum(phase["usd"] for phase in found["phases"]) == pytest.approx(spent["rest"], rel=0.5)
    assert found["low_usd"] is None and found["high_usd"] is None and "12 tasks are too few" in found["notes"][0]
    overhead = [phase["usd"] for phase in found["phases"] if phase["phase"] != "execute"]
    assert sum(overhead) > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--tasks", "many", "--pool", "sim"), "give a number"),
        (("--tasks", "5"), "--like LOGS"),
        (("--tasks", "5", "--like", "nowhere"), "nowhere"),
        (("--tasks", "5", "--pool", "nobody"), "nobody"),
    ],
)
def test_bad_arguments_are_told(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code != 0
    assert message in done.output


def test_a_pool_gives_a_rough_range_that_says_it_is_assumed() -> None:
    done = run("--tasks", "753", "--pool", "qwen3", "--jury", "panel", "--markdown")
    assert done.exit_code == 0
    said = " ".join(done.output.replace("\\", "").split())
    assert "estimated" in said and said.count("; range if one agent does all of the dollars") == 1
    assert said.count("an execution is assumed to read 15,000 tokens and to write 1,500, in 6 calls") == 5
    ends = re.findall(r"(\$[\d,.]+) to (\$[\d,.]+)", said)
    assert ends and all(low != high for low, high in ends), "what has no range shows none"


def test_the_texts_of_ones_own_tasks_are_counted_without_a_call(tmp_path: Path) -> None:
    (tmp_path / "quiz.py").write_text(
        "from inspect_ai import Task, task\nfrom inspect_ai.dataset import Sample\n\n@task\ndef quiz() -> Task:\n"
        "    return Task(dataset=[Sample(input=text, target='x') for text in ('one two three', 'word ' * 5001)])\n",
        encoding="utf-8",
    )
    figures = tmp_path / "plan.json"
    done = run("--texts-of", f"{tmp_path}/quiz.py@quiz", "--pool", "qwen3", "--markdown", "--json", str(figures))
    assert done.exit_code == 0, done.output
    read = json.loads(figures.read_text(encoding="utf-8"))
    counted = read["counted"]
    # A few tokens more than words: who speaks is a part of what is asked.
    assert counted["tasks"] == 2 and 2502 <= counted["mean"] < 2520 and 5001 <= counted["longest"] < 5020
    assert f"The texts of 2 tasks were counted: {counted['mean']:,.0f} tokens on average" in done.output
    assert {each["tasks"] for each in read["forecasts"]} == {2}
    alone = next(each for each in read["forecasts"] if each["policy"].endswith("alone"))
    assert alone["low_usd"] is None and alone["phases"][0]["input_tokens"] == pytest.approx(2 * 6 * counted["mean"])
    assert run("--pool", "qwen3").exit_code != 0
    assert "not both" in run("--texts-of", "x.py", "--task-tokens", "9", "--pool", "qwen3").output
