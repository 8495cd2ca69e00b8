"""Scores and metrics: by bin, over epochs, and scored again."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import mean

import pytest
from inspect_ai import Task, score
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score

from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.tasks._grade_answers import grade_choice
from sale_inspect._inspect.tasks._scorers import complexity_bin, pass_and_cost, winner
from sale_inspect._inspect.tasks._tasks import hst_coding, hst_deep_search

RunEval = Callable[..., EvalLog]


def metrics(log: EvalLog, scorer: str = "pass_and_cost") -> dict[str, float]:
    assert log.status == "success" and log.results is not None, log.error
    (found,) = [each for each in log.results.scores if each.name == scorer]
    return {name: float(metric.value) for name, metric in found.metrics.items()}


def values(log: EvalLog, key: str, **where: object) -> list[float]:
    chosen = [s for s in log.samples or [] if all(s.metadata[k] == v for k, v in where.items())]
    return [float(score_of(sample).as_dict()[key]) for sample in chosen]  # type: ignore[arg-type]


def score_of(sample: EvalSample) -> Score:
    assert sample.scores is not None
    return sample.scores["pass_and_cost"]


def test_metrics_by_bin_and_overall_are_those_of_the_samples(run_eval: RunEval) -> None:
    log = run_eval(hst_coding(set="mini", bins="b1,b2", sandbox="local"), single(agent="4b", pool="sim"))
    found = metrics(log)
    for name in ("b1", "b2"):
        assert found[f"pass@1 {name}"] == pytest.approx(mean(values(log, "correct", bin=name)))
        assert found[f"usd {name}"] == pytest.approx(mean(values(log, "usd", bin=name)))
        assert found[f"tokens {name}"] == pytest.approx(mean(values(log, "tokens", bin=name)))
        solved = sum(values(log, "correct", bin=name))
        assert found[f"usd per solved {name}"] == pytest.approx(sum(values(log, "usd", bin=name)) / solved)
    assert found["pass@1"] == pytest.approx(mean(values(log, "correct")))
    assert 0 < found["pass@1 stderr"] < 0.2 and found["usd stderr"] > 0 and found["usd per solved stderr"] > 0


def test_over_epochs_metrics_are_means_over_tasks(run_eval: RunEval, choices_task: Task) -> None:
    once = metrics(run_eval(choices_task, single(agent="4b", pool="sim")))
    log = run_eval(hst_coding(set="mini", bins="b1", sandbox="local"), single(agent="4b", pool="sim"), epochs=3)
    # Simulated agents repeat themselves, so three epochs of the same must give what one gives.
    assert metrics(log) == pytest.approx(once)
    assert len(log.samples or []) == 24


def test_scoring_again_gives_the_same_dollars_and_verdicts(run_eval: RunEval) -> None:
    log = run_eval(hst_coding(set="mini", bins="b1,b3", sandbox="local"), sale(pool="sim"))
    again = score(log, [pass_and_cost(), winner(), complexity_bin()], action="overwrite", display="none")
    assert metrics(again) == pytest.approx(metrics(log))
    assert [score_of(s).value for s in again.samples or []] == [score_of(s).value for s in log.samples or []]


def test_a_changed_program_is_not_given_the_old_verdict(run_eval: RunEval) -> None:
    log = run_eval(hst_coding(set="mini", bins="b3", sandbox="local"), single(agent="32b", pool="sim"), limit=1)
    assert log.samples is not None
    log.samples[0].output = ModelOutput.from_content("m", "```python\nx = 1\n```")
    again = score(log, pass_and_cost(), action="overwrite", display="none")
    assert again.samples is not None
    value = score_of(again.samples[0]).value
    assert isinstance(value, float) and math.isnan(value)


def test_the_log_says_where_the_tests_ran(run_eval: RunEval) -> None:
    log = run_eval(hst_coding(set="mini", bins="b3", sandbox="local"), single(agent="32b", pool="sim"), limit=1)
    assert log.samples is not None
    assert score_of(log.samples[0]).metadata == {"tests_ran_in": "two processes of one user"}
    assert log.eval.metadata is not None and log.eval.metadata["sandbox"] == "local"
    assert log.samples[0].sandbox is not None and log.samples[0].sandbox.type == "local"


def test_search_answers_are_found_over_the_corpus(run_eval: RunEval) -> None:
    log = run_eval(hst_deep_search(set="mini", bins="b1,b2"), single(agent="32b", pool="sim"))
    found = metrics(log)
    assert found["pass@1"] > 0.5
    for sample in log.samples or []:
        assert score_of(sample).metadata == {"by": "match", "rule": "alias", "contaminated_pages": []}
        assert any(m.role == "tool" and m.function == "search" for m in sample.messages)


def test_a_letter_is_read_strictly() -> None:
    assert grade_choice("I am torn. ANSWER: C", 4, "C").correct
    assert not grade_choice("ANSWER: E", 4, "C").correct
    assert not grade_choice("", 4, "A").correct
