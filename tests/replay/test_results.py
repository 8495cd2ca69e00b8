"""Policies that do not fit, bins, and the replay as text, Markdown and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sale_inspect._errors import OutcomesError
from sale_inspect.replays import (
    Policy,
    PolicySetting,
    Replay,
    ReplayOptions,
    evaluate,
    replay_json,
    replay_text,
    routed,
)
from sale_inspect.routers import Choices, Knob, TaskBatch
from sale_inspect.stats import wilson
from tests.replay.replays import AGENTS, blind, compared, knowing, made_up, outcomes_of, replayed, result

TABLE = outcomes_of([[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]])
CHOICES = np.array([0, 1, 2, 2])
ONES, NO = np.ones(4), np.zeros(4, dtype=np.intp)


def round_numbers(value: object) -> object:
    """Numbers to nine decimals: the last digits depend on the machine."""
    if isinstance(value, dict):
        return {name: round_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [round_numbers(each) for each in value]
    return round(value, 9) + 0.0 if isinstance(value, float) else value


def small_replay() -> Replay:
    """Twelve tasks in two bins, a router with a knob, and a cascade with overhead and no tokens."""
    correct = np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]] * 3, dtype=float)
    table = outcomes_of(correct, tokens=np.full((12, 3), 1000.0), bins=("<5m",) * 8 + ("5-15m",) * 4)
    choices = np.array([0, 1, 2, 0] * 2 + [2, 1, 0, 0])
    curve = tuple(PolicySetting(value=float(at), agent=np.full(12, at)) for at in (0, 2))
    policies = [
        Policy(name="router|a", agent=choices, knob="mu", curve=curve),
        Policy(
            name="cascade", correct=correct[:, 1], dollars=np.full(12, 3.0), overhead=np.full(12, 0.5), knob="budget"
        ),
    ]
    return evaluate(policies, table, options=ReplayOptions(rounds=50, against=("cascade",)))


def test_the_json_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    golden("replay.json", json.dumps(round_numbers(replay_json(small_replay())), indent=1))


def test_the_text_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    golden("replay.txt", "\n".join(line.rstrip() for line in replay_text(small_replay()).splitlines()))


def test_the_markdown_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    golden("replay.md", replay_text(small_replay(), markdown=True).rstrip("\n"))


def test_the_json_is_plain_and_has_no_nan() -> None:
    found = small_replay()
    found = replace(found, zero_aiq=replace(found.zero_aiq, error=math.nan))
    text = json.dumps(replay_json(found), allow_nan=False)
    assert json.loads(text)["zero_aiq"]["error"] is None


def test_a_bar_in_a_name_does_not_end_a_cell() -> None:
    lines = replay_text(small_replay(), markdown=True).splitlines()
    for line in lines:
        if line.startswith("| router"):
            assert line.startswith("| router\\|a |")


def test_every_reason_and_every_sentence_is_in_the_text() -> None:
    found = small_replay()
    text = replay_text(found)
    for each in found.comparisons:
        assert each.sentence in text
    for reason in ("no one agent does a task", "tokens are not known", "one setting is no curve"):
        assert reason in text
    assert "deciding counts as free, for: router|a." in text


def test_columns_of_the_text_line_up() -> None:
    lines = replay_text(small_replay()).splitlines()
    for at, line in enumerate(lines):
        if line.startswith("--"):
            assert len(lines[at - 1]) == len(line) == len(lines[at + 1])


def test_bins_by_hand() -> None:
    found = {each.bin: each for each in small_replay().bins}
    assert {name: each.tasks for name, each in found.items()} == {"<5m": 8, "5-15m": 4}
    # small, middle, large, small: 3 of 4 right, 10 dollars; then large, middle, small, small: 2 of 4.
    assert found["<5m"].correct["router|a"].value == pytest.approx(3 / 4)
    assert found["<5m"].dollars["router|a"].value == pytest.approx(10 / 4)
    assert found["5-15m"].correct["router|a"].value == pytest.approx(2 / 4)
    # The cascade's overhead is in its dollars.
    assert found["5-15m"].dollars["cascade"].value == pytest.approx(3.5)
    assert "oracle" in found["<5m"].correct


def test_tasks_without_a_bin_are_in_none() -> None:
    table = outcomes_of(TABLE.correct, bins=("a", "", "a", ""))
    found = replayed(Policy(name="p", agent=CHOICES), table)
    assert [(each.bin, each.tasks) for each in found.bins] == [("a", 2)]
    assert not replayed(Policy(name="p", agent=CHOICES), TABLE).bins


def test_the_same_seed_gives_the_same_replay_and_another_one_does_not() -> None:
    table, hard = made_up(50)
    policy = Policy(name="p", agent=knowing(hard))
    first = replay_json(replayed(policy, table, seed=1))
    assert first == replay_json(replayed(policy, table, seed=1))
    assert first["policies"] != replay_json(replayed(policy, table, seed=2))["policies"]


def test_an_interval_of_a_pass_rate_is_wilsons() -> None:
    table, hard = made_up(240)
    each = result(replayed(Policy(name="p", agent=knowing(hard)), table), "p").estimates["pass"]
    assert (each.low, each.high) == pytest.approx(wilson(240 * each.value, 240))
    assert each.error == pytest.approx(math.sqrt(each.value * (1 - each.value) / 239))


def test_tokens_of_deciding_are_in_dollars_per_million_tokens() -> None:
    table = outcomes_of(TABLE.correct, tokens=np.full((4, 3), 1000.0))
    policy = Policy(name="p", agent=CHOICES, overhead=ONES, overhead_tokens=np.full(4, 500.0))
    found = result(replayed(policy, table), "p").estimates
    assert found["usd_per_mtok"].value == pytest.approx((15 + 4) / 6000 * 1e6)
    assert result(replayed(Policy(name="p", agent=CHOICES), TABLE), "p").estimates["usd_per_mtok"].value is None


def test_estimated_dollars_are_marked() -> None:
    found = replayed(Policy(name="p", agent=CHOICES), outcomes_of(TABLE.correct, estimated=True))
    assert found.estimated
    assert "estimated from prices" in replay_text(found)


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        (Policy(name="p"), "give the chosen agents, or correct and dollars"),
        (Policy(name="p", correct=ONES), "correct and dollars both, or neither"),
        (Policy(name="p", agent=NO[:3]), "one column each"),
        (Policy(name="p", agent=NO + 3), "no column of the 3 agents"),
        (Policy(name="p", correct=ONES[:3], dollars=ONES[:3]), "outcomes of 3 tasks, the table has 4"),
        (Policy(name="p", correct=ONES, dollars=ONES, agent=NO + 3), "no column of the 3 agents"),
        (Policy(name="p", correct=ONES, dollars=ONES * math.nan), "never taken as 0"),
        (Policy(name="p", correct=2 * ONES, dollars=ONES), "from 0 to 1"),
        (Policy(name="p", agent=NO, overhead=ONES[:3]), "overhead has shape"),
        (Policy(name="p", agent=NO, knob="mu", curve=(PolicySetting(value=0.5, agent=NO + 9),)), "at mu 0.5: "),
        (Policy(name="oracle", agent=NO), "baseline of every replay"),
        (Policy(name="small alone", agent=NO), "baseline of every replay"),
    ],
)
def test_a_policy_that_does_not_fit_is_refused_by_name(policy: Policy, word: str) -> None:
    with pytest.raises(OutcomesError, match=policy.name) as raised:
        evaluate([policy], TABLE)
    assert word in str(raised.value)


def test_peer_defect_an_unpriced_policy_is_refused_and_not_free() -> None:
    """RouterArena's code takes a model without a price as 0 dollars."""
    with pytest.raises(OutcomesError, match=r"'auction'.*no price is never taken as 0"):
        evaluate([Policy(name="auction", agent=NO, overhead=np.array([1.0, math.nan, 1.0, 1.0]))], TABLE)


def test_options_that_name_nobody_are_refused() -> None:
    policy = Policy(name="p", agent=NO)
    with pytest.raises(OutcomesError, match=r"best_single is 'giant'.*small, middle, large"):
        replayed(policy, TABLE, best_single="giant")
    with pytest.raises(OutcomesError, match="'SALE': it is none of p"):
        replayed(policy, TABLE, against=("SALE",))
    with pytest.raises(OutcomesError, match="Two policies are named 'p'"):
        evaluate([policy, policy], TABLE)
    with pytest.raises(OutcomesError, match="no task"):
        evaluate([], TABLE.take([]))
    with pytest.raises(OutcomesError, match="1 clusters for 4 tasks"):
        evaluate([policy], TABLE, clusters=["a"])


class FirstBit:
    """A router that sends a task to the large agent if its first feature is above its knob."""

    name = "first bit"
    agents = AGENTS

    def __init__(self, value: float = 0.5, *, fixed: bool = False) -> None:
        self.value, self.fixed = value, fixed

    @property
    def knob(self) -> Knob | None:
        return None if self.fixed else Knob(name="cut", value=self.value, grid=(1.0, 0.5, 0.0), meaning="")

    def at(self, value: float) -> FirstBit:
        return FirstBit(value)

    def choose(self, tasks: TaskBatch) -> Choices:
        agent = np.where(tasks.features[:, 0] >= self.value, 2, 0)
        return Choices(agent=agent, utility=np.full((len(tasks), 3), np.nan))


def test_a_router_becomes_a_policy_with_a_curve_over_its_grid() -> None:
    tasks = TaskBatch(ids=TABLE.tasks, features=np.array([[0.1], [0.4], [0.6], [0.9]], dtype=np.float32))
    found = routed(FirstBit(), tasks, overhead=ONES)  # type: ignore[arg-type]
    assert found.name == "first bit"
    assert found.agent is not None
    assert found.agent.tolist() == [0, 0, 2, 2]
    assert [(each.value, each.agent.tolist()) for each in found.curve if each.agent is not None] == [
        (1.0, [0, 0, 0, 0]),
        (0.5, [0, 0, 2, 2]),
        (0.0, [2, 2, 2, 2]),
    ]
    # Overhead is in the points: 1 + 1, 3.5 + 1 and 6 + 1 dollars.
    points = result(replayed(found, TABLE), "first bit").curve.points
    assert [each.dollars for each in points] == pytest.approx([2.0, 4.5, 7.0])
    assert [each.value for each in routed(FirstBit(), tasks, knobs=[0.2]).curve] == [0.2]  # type: ignore[arg-type]
    fixed = routed(FirstBit(fixed=True), tasks, name="other")  # type: ignore[arg-type]
    assert (fixed.name, fixed.knob, fixed.curve) == ("other", "", ())


def test_a_replay_of_no_policy_shows_the_baselines() -> None:
    found = evaluate([], TABLE)
    assert not found.comparisons
    assert "oracle" in replay_text(found)


def test_a_policy_that_ran_has_its_own_outcomes_beside_the_tables() -> None:
    """An auction that failed where the table's run of its agent succeeded."""
    table, _ = made_up(40)
    choices = blind(40)
    policy = Policy(name="SALE", agent=choices, correct=np.zeros(40), dollars=np.ones(40), overhead=np.ones(40))
    found = replayed(policy, table)
    assert result(found, "SALE").estimates["pass"].value == 0.0
    assert result(found, "SALE").estimates["usd_per_task"].value == 2.0
    assert result(found, "SALE").estimates["usd_per_solved"].value is None
    assert compared(found, "shuffled").verdict == "worse"
