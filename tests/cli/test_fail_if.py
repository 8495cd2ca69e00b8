"""`--fail-if`: what is a condition, when it holds, and what the exit status says."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from sale_inspect._cli import main
from sale_inspect._errors import LogError
from sale_inspect._work import Finding, conditions_of, findings_of
from sale_inspect._work._verdict import PolicyRuns, runs_by_policy


def policies(**solved: list[float]) -> dict[str, PolicyRuns]:
    """Policies that solve these tasks; each costs a cent a task, `dear` two to four."""
    rows = [
        (f"{name} alone", f"t{at}", score, 0.01 * (2 + at % 3 if name == "dear" else 1), 100.0)
        for name, scores in solved.items()
        for at, score in enumerate(scores)
    ]
    return runs_by_policy(rows)


def found(text: str, **solved: list[float]) -> Finding:
    (finding,) = findings_of(conditions_of([text]), policies(**solved))
    return finding


HALF, MOST = [1.0, 0.0] * 20, [1.0] * 36 + [0.0] * 4


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("pass@1 < 0.6", True),
        ("pass@1 < 0.5", False),
        ("pass@1<=50%", True),
        ("small pass@1 >= 0.5", True),
        ("small alone usd > 0.0099", True),
        ("usd > 0.0101", False),
        ("tasks < 40", False),
        ("tokens >= 100", True),
    ],
)
def test_a_threshold_holds_or_not(text: str, met: bool) -> None:
    assert found(text, small=HALF).met is met


def test_a_threshold_without_a_name_is_for_every_policy() -> None:
    findings = findings_of(conditions_of(["pass@1 < 0.6"]), policies(small=HALF, large=MOST))
    assert [each.met for each in findings] == [True, False]
    assert findings[0].sentence == "small alone: pass@1 50.0%, which is < 60.0%."


def test_worse_needs_the_whole_interval_below_0() -> None:
    plainly = found("small worse than large", small=HALF, large=MOST)
    assert plainly.met and plainly.sentence.startswith(
        "small alone is resolved to be worse than large alone: -40.0 points"
    )
    a_bit = found("small is worse than large", small=HALF, large=[1.0, *HALF[1:-1], 1.0])
    assert not a_bit.met and "not resolved to be worse" in a_bit.sentence
    assert not found("large worse than small", small=HALF, large=MOST).met
    assert found("large better than small", small=HALF, large=MOST).met


def test_dearer_is_about_dollars() -> None:
    assert found("dear dearer than small", dear=HALF, small=HALF).met
    assert not found("small dearer than dear", dear=HALF, small=HALF).met
    assert found("small cheaper than dear", dear=HALF, small=HALF).met


def test_nothing_is_claimed_from_few_tasks() -> None:
    few = found("small worse than large", small=[0.0] * 9, large=[1.0] * 9)
    assert not few.met and "nothing is claimed from fewer than 10" in few.sentence


def test_runs_of_one_task_count_as_one_task() -> None:
    rows = [(name, "t", float(name == "b"), 1.0, 1.0) for name in "ab" for _ in range(50)]
    (finding,) = findings_of(conditions_of(["a worse than b"]), runs_by_policy(rows))
    assert not finding.met and "1 tasks in common" in finding.sentence


def test_a_name_that_is_not_there_is_an_error_with_the_nearest() -> None:
    with pytest.raises(LogError, match=r"no policy 'smal'\. Did you mean 'small alone'"):
        found("smal pass@1 < 1", small=HALF)


@pytest.mark.parametrize(
    "text",
    ["", "pass@1", "pass@1 < ", "pass@1 < 1e", "pass@1 == 0.5", "__import__('os') < 1", "worse than b", "1 < 2",
     "pass@1 < 0.5 or True", "x" * 10_000],
)  # fmt: skip
def test_what_is_no_condition_is_refused_before_anything_is_read(text: str) -> None:
    ran = CliRunner().invoke(main, ["table", "nowhere", "--fail-if", text])
    assert ran.exit_code == 2 and "is no condition" in ran.output and "pass@1 < 0.6" in ran.output
    again = CliRunner().invoke(main, ["report", "nowhere", "-o", "new", "--fail-if", text])
    assert again.exit_code == 2


def test_reading_conditions_takes_no_time_whatever_they_are() -> None:
    long = "a " * 240 + "<"
    with pytest.raises(ValueError, match="is no condition"):
        conditions_of([long])
    assert np.isfinite(policies(small=HALF)["small alone"].mean("usd"))
