"""Options that the user wants to be tried, and the warning of a router that a blind mix beats."""

from __future__ import annotations

import numpy as np
import pytest

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import ROUTERS, HeldOut, Outcomes, below_mix, check_tried, tried_options
from sale_inspect.routers.kinds import AvengersProOptions, CarrotOptions, WtpOptions

OUTCOMES = Outcomes(
    agents=("small", "large"),
    tasks=("a", "b", "c", "d"),
    texts=("",) * 4,
    correct=np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]),
    dollars=np.tile([1.0, 3.0], (4, 1)),
)


def held_out(*agents: list[int], knob: str = "lambda") -> HeldOut:
    """What a router gets that takes these agents, at each value of its knob."""
    choices = np.array(agents, dtype=np.intp)
    every = np.arange(4)
    return HeldOut(
        tasks=OUTCOMES.tasks,
        knob=knob,
        values=tuple(float(each) for each in range(len(agents))) if knob else (float("nan"),),
        choices=choices,
        correct=OUTCOMES.correct[every, choices],
        dollars=OUTCOMES.dollars[every, choices],
    )


def test_named_options_take_the_place_of_the_catalogs() -> None:
    assert tried_options("wtp-knn", ["k=8, 512"]) == tuple(WtpOptions(kind="knn", k=k) for k in (8, 512))
    assert tried_options("carrot-heads", ["penalty=1e-4,1e-3", "k=7"]) == tuple(
        CarrotOptions(kind="heads", penalty=penalty, k=7) for penalty in (1e-4, 1e-3)
    )
    found = tried_options("avengers-pro", ["unit_centres=yes,no"])
    assert found is not None
    # What is not named stays as the catalog has it.
    assert len(found) == 2 * len(ROUTERS["avengers-pro"].grid)
    assert AvengersProOptions(clusters=16, unit_centres=True) in found
    assert tried_options("wtp-mlp", ["clusters=3"]) is None
    assert tried_options("wtp-knn", []) is None


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        (["k"], "must be NAME=VALUE"),
        (["k=1,,2"], "must be NAME=VALUE"),
        (["k=many"], "'many' is not a whole number"),
        (["k=2", "k=3"], "given twice"),
        (["k=0"], "at least 1"),
        (["unit_centres=2"], "not yes or no"),
        (["kind=mlp"], "none of wtp-knn, avengers-pro has such an option"),
        (["penalty=much"], "'much' is not a number"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_a_fit(tried: list[str], said: str) -> None:
    routers = ["carrot-heads"] if "penalty" in tried[0] else ["wtp-knn", "avengers-pro"]
    with pytest.raises(OutcomesError, match=said):
        check_tried(routers, tried)


def test_a_router_above_the_mix_is_not_warned_of() -> None:
    """Small and large alone solve 0.5 for $1 and 0.75 for $3; the third setting solves all for $2."""
    router = held_out([0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1])
    assert below_mix(router, OUTCOMES, 2) == ""
    assert below_mix(held_out([0, 0, 0, 0], knob=""), OUTCOMES, 0) == ""


def test_a_router_below_the_mix_over_its_knob_is_named_with_both_figures() -> None:
    """From $1 to $3 the mix has 0.5 to 0.75, on average 0.625; the router never leaves the small agent."""
    said = below_mix(held_out([0, 0, 0, 0], [0, 0, 0, 0]), OUTCOMES, 0)
    assert "pass@1 0.5000, averaged over dollars" in said
    assert said.endswith("the mix has 0.6250")


def test_a_router_below_the_mix_at_its_value_is_named_with_that_value() -> None:
    """The second setting takes the wrong agent for each: 0.25 for $2, where the mix has 0.625."""
    said = below_mix(held_out([0, 1, 0, 1], [1, 0, 1, 0]), OUTCOMES, 1)
    assert "at lambda 1: pass@1 0.2500 for $2 a task; the mix has 0.6250" in said
    assert "lambda" not in below_mix(held_out([1, 0, 1, 0], knob=""), OUTCOMES, 0)
