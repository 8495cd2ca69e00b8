"""Scorers: was the task solved, what did it cost, who did it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from inspect_ai.model import Model, model_roles
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState

from sale_inspect._inspect.store import LedgerStore, read
from sale_inspect._inspect.tasks._contamination import contaminated_pages
from sale_inspect._inspect.tasks._grade_answers import grade_answer, grade_choice
from sale_inspect._inspect.tasks._grade_programs import grade_function
from sale_inspect._inspect.tasks._graded import Graded
from sale_inspect._inspect.tasks._judging import DEFAULT_MEMORY_MB
from sale_inspect._inspect.tasks._metrics import rates_and_costs
from sale_inspect.auction import card, escalation_card
from sale_inspect.bench import Rule, rule_for, token_f1
from sale_inspect.money import Entry, overhead_usd, total_usd

__all__ = ["GRADER_ROLE", "answer_f1", "complexity_bin", "pass_and_cost", "winner"]

GRADER_ROLE = "grader"
"""Model role that grades short answers, if given."""


@scorer(metrics=[rates_and_costs()])
def pass_and_cost(test_seconds: float = 30.0, test_memory_mb: int = DEFAULT_MEMORY_MB) -> Scorer:
    """Whether the task was solved, with its dollars and tokens from the sample's ledger.

    The score is a dictionary: `correct` (0 or 1), `usd` (bid + jury + refine + execute + accept), `usd_overhead`
    (bid + jury + refine) and `tokens`. Dollars have six significant digits; the ledger in the sample's store is exact.
    Costs are NaN where no solver of this package kept a ledger.

    Args:
        test_seconds: Time for all unit tests of a program together.
        test_memory_mb: Memory for them, MiB.
    """

    async def score(state: TaskState, target: Target) -> Score:
        graded = await _grade(state, target, test_seconds, test_memory_mb)
        if graded.correct is None:
            return Score.unscored(
                reason=graded.reason,
                answer=graded.answer,
                explanation=graded.explanation,
                metadata=graded.metadata,
            )
        return Score(
            value={"correct": int(graded.correct), **_costs(state)},
            answer=graded.answer,
            explanation=graded.explanation,
            metadata={**(graded.metadata or {}), **_contamination(state, target)} or None,
        )

    return score


def _contamination(state: TaskState, target: Target) -> dict[str, list[str]]:
    """Pages that held the answer, where the agent searched the web."""
    if state.metadata.get("kind") != "short_answer":
        return {}
    return {"contaminated_pages": contaminated_pages(state.messages, state.input_text, list(target))}


@scorer(metrics=[mean(), stderr()])
def answer_f1() -> Scorer:
    """Token F1 of the answer, for sources that score it beside exact match (HotpotQA); others are unscored."""

    async def score(state: TaskState, target: Target) -> Score:
        if _rule(state) != "exact_match":
            return Score.unscored(reason="not_applicable", explanation="Only HotpotQA's answers have a token F1.")
        answer = state.output.completion.strip()
        return Score(value=token_f1(answer, target[0]), answer=answer)

    return score


@scorer(metrics=[])
def winner() -> Scorer:
    """Which agent did the task: a column of the sample list, without metrics. The auction's table explains it."""

    async def score(state: TaskState, target: Target) -> Score:
        record = read(dict(state.store.items())).auction
        if record is not None:
            steps = "" if record.escalation is None else f"\n\n{escalation_card(record.escalation)}"
            return Score(value=record.worker, explanation=card(record) + steps)
        return Score(value=state.store_as(LedgerStore).agent or str(state.model))

    return score


@scorer(metrics=[])
def complexity_bin() -> Scorer:
    """The task's complexity bin: a column of the sample list, without metrics."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=str(state.metadata.get("bin", "")))

    return score


async def _grade(state: TaskState, target: Target, seconds: float, memory_mb: int) -> Graded:
    rule = _rule(state)
    if rule == "choice":
        return grade_choice(state.output.completion, len(state.choices), target.text)
    if rule == "tests":
        return await grade_function(state, target, seconds, memory_mb)
    return await grade_answer(rule, state.input_text, state.output.completion, list(target), _grader())


def _rule(state: TaskState) -> Rule:
    """The sample's rule; logs from before there were rules have a kind."""
    rule: Rule | None = state.metadata.get("rule")
    return rule or rule_for(str(state.metadata.get("kind", "")))


def _grader() -> Model | None:
    grader = model_roles().get(GRADER_ROLE)
    return grader[0] if isinstance(grader, list) else grader


def _costs(state: TaskState) -> dict[str, float]:
    entries = read(dict(state.store.items())).entries
    if entries is None:
        return {"usd": math.nan, "usd_overhead": math.nan, "tokens": math.nan}
    return {
        "usd": _shown_usd(total_usd(entries)),
        "usd_overhead": _shown_usd(overhead_usd(entries)),
        "tokens": float(_tokens(entries)),
    }


def _shown_usd(usd: float) -> float:
    """Six significant digits: Inspect View shows a score as it is, with the noise of sums. The ledger is exact."""
    return float(f"{usd:.6g}")


def _tokens(entries: Sequence[Entry]) -> int:
    return sum(entry.usage.total for entry in entries if entry.phase != "grade")
