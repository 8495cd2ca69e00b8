"""All analyses of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.auction import AuctionRecord
from sale_inspect.report.analysis._ablations import RecordedAuction, ablations
from sale_inspect.report.analysis._against import claims
from sale_inspect.report.analysis._alone import alone
from sale_inspect.report.analysis._by_memory import MemoryResult, memory_gain, results_by_memory
from sale_inspect.report.analysis._cells import Cell, bins_of, cells, policies_of
from sale_inspect.report.analysis._coalitions import AgentValue, agent_values
from sale_inspect.report.analysis._decision import decide
from sale_inspect.report.analysis._estimates import TaskEstimate
from sale_inspect.report.analysis._failures import FailureCount, SameFailure, failure_counts, same_failures
from sale_inspect.report.analysis._human_time import HumanTimes, human_times
from sale_inspect.report.analysis._judges import JudgeQuality, judge_qualities
from sale_inspect.report.analysis._near import PolicyNearPast, policy_near_past
from sale_inspect.report.analysis._pairs import AgentPair, pairs
from sale_inspect.report.analysis._refinement import RefinementEffect, refinement_effects
from sale_inspect.report.analysis._routes import Escalation, Route, Share, escalations, routes, shares
from sale_inspect.report.analysis._spans import OrderSpread, PolicyHorizon, order_spreads, policy_horizons
from sale_inspect.report.analysis._tokens import TokenComparison, TokenUse, compare_tokens, token_uses
from sale_inspect.report.tidy import Tidy, records_of
from sale_inspect.routers import Outcomes, oracle_choices
from sale_inspect.stats import Claim
from sale_inspect.study import BaselineOrigin, Decision, StudyGoal
from sale_inspect.texts import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Analyses", "OracleResult", "analyse", "usual_baseline"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OracleResult:
    """The oracle on the tasks that every agent did alone: a bound, not a policy.

    Attributes:
        tasks: Tasks.
        correct: Share of them that some agent solves.
        usd: Dollars a task of the cheapest agent that solves it, or of the cheapest.
        bins: The same in each bin: name, tasks, share, dollars.
    """

    tasks: int
    correct: float
    usd: float
    bins: tuple[tuple[str, int, float, float], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Analyses:
    """What the logs say, beyond the tidy data. Empty parts have a reason in `why`.

    Attributes:
        baseline: What the others are held against.
        bins: The bins of the tasks, in order of human time where tasks have one.
        chosen_among: Policies of which the baseline was chosen by its results; empty if it was named before.
        decision: Which policy to use, by the rule of a study; None if nothing can be decided.
        undecided: Policies that are not in the decision, since dollars of some of their runs are not known.
        cells: Every policy by bin.
        domains: The same for each domain, if there are several.
        claims: Every policy against the baseline.
        oracle: The oracle, if every agent ran alone.
        shares: Share of the work of each agent.
        routes: Choices by the oracle's choice.
        escalations: Over- and under-escalation.
        pairs: Complementarity of agents.
        agents: Shapley values.
        ablations: Recorded auctions decided again, by policy.
        judges: Quality of ratings.
        refinements: What refinement added, by policy.
        tokens: Tokens of agents alone, by bin.
        token_comparison: The most against the least expensive agent in tokens; None if there are not two.
        failures: Failures by how runs ended, by policy.
        same_failures: Of two agents: how often they fail a task in the same way.
        by_memory: SALE with and without memory.
        near_past: What auctions were shown of tasks nearly like their own, by policy.
        memory_gain: pass@1 with memory less pass@1 without.
        horizons: Time horizons, with human times as stated.
        human_times: What it does that they are not known exactly.
        orders: Spread from order to order.
        why: Name of a part: why it is empty, in one sentence.
    """

    baseline: str
    bins: tuple[str, ...]
    chosen_among: tuple[str, ...]
    decision: Decision | None
    undecided: tuple[str, ...]
    cells: tuple[Cell, ...]
    domains: tuple[tuple[str, tuple[Cell, ...]], ...]
    claims: tuple[Claim, ...]
    oracle: OracleResult | None
    shares: tuple[Share, ...]
    routes: tuple[Route, ...]
    escalations: tuple[Escalation, ...]
    pairs: tuple[AgentPair, ...]
    agents: tuple[AgentValue, ...]
    ablations: tuple[tuple[str, Table], ...]
    judges: tuple[JudgeQuality, ...]
    refinements: tuple[RefinementEffect, ...]
    tokens: tuple[TokenUse, ...]
    token_comparison: TokenComparison | None
    failures: tuple[FailureCount, ...]
    same_failures: Mapping[tuple[str, str], SameFailure]
    by_memory: tuple[MemoryResult, ...]
    near_past: tuple[PolicyNearPast, ...]
    memory_gain: TaskEstimate
    horizons: tuple[PolicyHorizon, ...]
    human_times: HumanTimes
    orders: tuple[OrderSpread, ...]
    why: dict[str, str]


def usual_baseline(found: Sequence[Cell]) -> str:
    """The single agent with the highest pass@1; without single agents, the first policy.

    Args:
        found: From `cells`.
    """
    overall = [cell for cell in found if cell.bin == "all"]
    single = _single(overall)
    best = max(single, key=lambda cell: (cell.correct, -cell.usd), default=None)
    return overall[0].policy if best is None else best.policy


def _single(found: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in found if cell.bin == "all" and cell.policy.endswith(" alone")]


def analyse(tidy: Tidy, *, baseline: str = "", goal: StudyGoal | None = None, seed: int = 0) -> Analyses:
    """Analyse tidy data.

    Args:
        tidy: Scored samples, their bids and logs.
        baseline: A policy; empty for `usual_baseline`.
        goal: Of a study, whose baseline was the best single agent on dev; None for a report of its own.
        seed: Of all that is drawn.
    """
    samples = tidy.samples
    table = cells(samples)
    base = baseline or usual_baseline(table)
    among = () if baseline else tuple(cell.policy for cell in _single(table))
    solo, reason = alone(samples)
    why: dict[str, str] = {}
    origin: BaselineOrigin = "named" if baseline else "here" if among else "first"
    if goal is not None:
        origin = "dev"
    decision, undecided, reason_of_decision = decide(samples, base, origin=origin, goal=goal, seed=seed)
    if reason_of_decision:
        why["decision"] = reason_of_decision
    records = list(records_of(tidy))
    if solo is None:
        why |= dict.fromkeys(("oracle", "routes", "escalations", "pairs", "agents"), reason)
    values = () if solo is None else agent_values(_by_task(tidy, records), solo, seed=seed)
    if not records:
        why |= dict.fromkeys(("agents", "ablations", "judges"), "There is no auction in these logs.")
    if samples["tau"].isna().all():
        why["horizons"] = "No task has a human time."
    refinements = refinement_effects(samples, tidy.logs)
    if not refinements:
        why["refinements"] = "No auction in these logs has a refined bid."
    spreads = order_spreads(samples)
    if not spreads:
        why["orders"] = "No policy ran in two orders or more."
    return Analyses(
        baseline=base,
        bins=tuple(bins_of(samples)),
        chosen_among=among,
        decision=decision,
        undecided=undecided,
        cells=table,
        domains=_domains(samples),
        claims=claims(samples, base, chosen_among=among, seed=seed) if len(policies_of(samples)) > 1 else (),
        oracle=None if solo is None else _oracle(solo),
        shares=shares(samples),
        routes=() if solo is None else routes(samples, solo),
        escalations=() if solo is None else escalations(samples, solo),
        pairs=() if solo is None else pairs(solo),
        agents=values,
        ablations=tuple(_ablations(tidy, records, solo)),
        judges=judge_qualities(tidy.bids),
        refinements=refinements,
        tokens=token_uses(samples),
        token_comparison=compare_tokens(samples, seed=seed),
        failures=failure_counts(samples),
        same_failures=same_failures(samples),
        by_memory=results_by_memory(samples, tidy.logs, records, solo, seed=seed),
        near_past=policy_near_past(samples, tidy.bids, tidy.logs),
        memory_gain=memory_gain(samples, tidy.logs),
        horizons=policy_horizons(samples),
        human_times=human_times(samples, base, seed=seed),
        orders=spreads,
        why=why,
    )


def _domains(samples: pd.DataFrame) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    names = sorted({str(name) for name in samples["domain"]})
    if len(names) < 2:
        return ()
    return tuple((name or "other tasks", cells(samples[samples["domain"] == name])) for name in names)


def _oracle(solo: Outcomes) -> OracleResult:
    rows, best = range(len(solo)), oracle_choices(solo)
    correct, usd = solo.correct[rows, best], solo.dollars[rows, best]
    names = np.array(solo.bins)
    return OracleResult(
        tasks=len(solo),
        correct=float(correct.mean()),
        usd=float(usd.mean()),
        bins=tuple(
            (name, int((names == name).sum()), float(correct[names == name].mean()), float(usd[names == name].mean()))
            for name in dict.fromkeys(solo.bins)
        ),
    )


def _by_task(tidy: Tidy, records: Sequence[tuple[str, AuctionRecord]]) -> list[tuple[str, AuctionRecord]]:
    task_of = dict(zip(tidy.samples["uuid"], tidy.samples["task_id"], strict=True))
    return [(str(task_of[uuid]), record) for uuid, record in records if uuid in task_of]


def _ablations(
    tidy: Tidy, records: Sequence[tuple[str, AuctionRecord]], solo: Outcomes | None
) -> list[tuple[str, Table]]:
    """One table for each SALE policy; those of one pool and variant."""
    rows = {str(row["uuid"]): row for row in tidy.samples.to_dict("records")}
    of_policy: dict[str, list[RecordedAuction]] = {}
    places = {} if solo is None else {task: row for row, task in enumerate(solo.tasks)}
    for uuid, record in records:
        own = rows.get(uuid)
        if own is None:
            continue
        row = places.get(str(own["task_id"]))
        known = {}
        if solo is not None and row is not None:
            known = {
                agent: (float(solo.correct[row, column]), float(solo.dollars[row, column]))
                for column, agent in enumerate(solo.agents)
            }
        overhead = float(own["usd_bid"] + own["usd_jury"] + own["usd_refine"])
        of_policy.setdefault(str(own["policy"]), []).append(
            RecordedAuction(
                record=record, correct=float(own["correct"]), usd=float(own["usd_execute"]), overhead_usd=overhead,
                alone=known, escalated="," in str(own["executed"]),
            )
        )  # fmt: skip
    return [(policy, ablations(auctions)) for policy, auctions in of_policy.items()]
