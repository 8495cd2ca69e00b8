"""Evaluate policies offline: the same tasks, the same draws, the same baselines for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.replays._answer import AnswerBasis, answered
from sale_inspect.replays._bins import bin_results
from sale_inspect.replays._compare import Side, against, control
from sale_inspect.replays._controls import (
    AgentMeans,
    agent_means,
    curve_aiq,
    curve_gain,
    difference,
    policy_means,
    shuffled_mean,
    zero_pass,
)
from sale_inspect.replays._curve import Points, curve_result, joint_points, points_of
from sale_inspect.replays._parts import AgentResult, CurveResult, Estimate, PolicyResult, ReplayOptions
from sale_inspect.replays._policy import Policy
from sale_inspect.replays._replay import Replay
from sale_inspect.replays._rounds import Rounds, draw_rounds, mean_of
from sale_inspect.routers import Floats, Outcomes
from sale_inspect.stats import (
    AgentGrid,
    GridFacts,
    Pair,
    Ratio,
    RawClaim,
    Realised,
    best_single,
    grid_facts,
    routing_ratios,
    settle_claims,
    share_entropy,
    shares_of,
)

__all__ = ["evaluate"]

_CELLS = 400_000
"""Policies times tasks whose metrics are worked out together."""

_NO_AGENT = "no one agent does a task, or it is not known which"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Table:
    """What all policies are held against."""

    outcomes: Outcomes
    grid: AgentGrid
    facts: GridFacts
    best: int
    pair: Pair
    rounds: Rounds
    agents: AgentMeans
    singles: tuple[Realised, ...]
    best_side: Side
    other_sides: tuple[Side, ...]
    random: Realised

    def name(self, column: int) -> str:
        return f"{self.outcomes.agents[column]} alone"


def evaluate(
    policies: Sequence[Policy],
    outcomes: Outcomes,
    *,
    options: ReplayOptions | None = None,
    clusters: Sequence[str] | None = None,
) -> Replay:
    """Replay policies on recorded outcomes.

    Every policy is compared, on the same tasks and in the same bootstrap rounds, with its shuffled control, the best
    single agent, random choice (in expectation), and the zero router at the same dollars with overhead; if it has a
    knob, also with the zero router along its curve. The oracle and every single agent are rows of the result.

    AIQ is not compared: the hull takes the best of many noisy settings in hindsight, so a blind curve of 32 settings
    comes out above the zero router of 4 agents. Its interval is the basic one, which corrects for that.

    Args:
        policies: What to replay; their choices must be for the tasks of `outcomes`, in its order, none of which was in
            their fit.
        outcomes: What each agent did on each task.
        options: Rounds, confidence, seed and more.
        clusters: Cluster of each row, if several rows are one task (order seeds, epochs): they are drawn together.

    Raises:
        OutcomesError: If there is no task, a name comes twice, or a policy does not fit the table.
    """
    chosen = options or ReplayOptions()
    table = _table(outcomes, chosen, None if clusters is None else tuple(clusters))
    _check_names(policies, table, chosen)
    got = {policy.name: policy.realised(table.grid) for policy in policies}
    sides = {name: _side(name, realised) for name, realised in got.items()}
    points = [
        points_of(policy.knob, [each.value for each in policy.curve], policy.settings(table.grid), got[policy.name])
        for policy in policies
    ]
    joint = joint_points(points, table.grid)
    baselines = {table.name(column): single for column, single in enumerate(table.singles)}
    baselines |= {"random, expected": table.random, "oracle": table.facts.oracle}
    estimates = _estimates(got | baselines, table)
    results = [
        _compared(_result(name, got[name], estimates[name], table, baseline=False), got[name], side, table)
        for name, side in sides.items()
    ]
    results = [replace(result, curve=_curve(each, table, joint)) for result, each in zip(results, points, strict=True)]
    results += [_result(name, realised, estimates[name], table, baseline=True) for name, realised in baselines.items()]
    drafts = [
        each
        for (name, realised), curve in zip(got.items(), points, strict=True)
        for each in _drafts(realised, curve, sides[name], sides, table)
    ]
    claims = settle_claims(drafts, confidence=chosen.confidence, power=chosen.power)
    return Replay(
        tasks=len(outcomes),
        answer=answered(
            AnswerBasis(
                policies=got,
                settings=[each.correct.T for each in points if each.knob],
                claims=[claim for claim in claims if claim.kind == "best single"],
                best=table.best,
                outcomes=outcomes,
                options=chosen,
            )
        ),
        agents=tuple(
            AgentResult(name=name, correct=float(correct), dollars=float(dollars))
            for name, correct, dollars in zip(
                outcomes.agents, outcomes.mean_correct(), outcomes.mean_dollars(), strict=True
            )
        ),
        best_single=outcomes.agents[table.best],
        cheapest=outcomes.agents[outcomes.cheapest_first()[0]],
        dearest=outcomes.agents[table.grid.dearest()],
        zero_aiq=_named(table.rounds.corrected(curve_aiq(table.agents, table.agents)), "all agents cost the same"),
        policies=tuple(results),
        comparisons=claims,
        bins=bin_results(got | baselines, outcomes.bins, _minutes(outcomes), table.rounds),
        estimated=outcomes.estimated,
        options=chosen,
        notes=tuple(_notes(table, chosen, policies)),
    )


def _table(outcomes: Outcomes, options: ReplayOptions, clusters: tuple[str, ...] | None) -> _Table:
    if len(outcomes) == 0:
        raise OutcomesError("Nothing to replay: the outcomes have no task.")
    grid = AgentGrid(correct=outcomes.correct, dollars=outcomes.dollars, tokens=outcomes.tokens)
    try:
        rounds = draw_rounds(len(outcomes), clusters, options)
    except ValueError as problem:
        raise OutcomesError(f"Replay: {problem}") from None
    dollars, correct = outcomes.mean_dollars(), outcomes.mean_correct()
    small, large = outcomes.cheapest_first()[0], grid.dearest()
    every = range(len(outcomes.agents))
    singles = tuple(grid.realised(np.full(len(outcomes), column, dtype=np.intp)) for column in every)
    best = _best(outcomes, options)
    return _Table(
        outcomes=outcomes,
        grid=grid,
        facts=grid_facts(grid, worth=options.worth),
        best=best,
        pair=Pair(
            small_dollars=float(dollars[small]),
            small_correct=float(correct[small]),
            large_dollars=float(dollars[large]),
            large_correct=float(correct[large]),
            best_correct=float(correct.max()),
        ),
        rounds=rounds,
        agents=agent_means(grid),
        singles=singles,
        best_side=_side(f"{outcomes.agents[best]} alone", singles[best]),
        # A best agent that was named before the tasks were seen has no other in its place.
        other_sides=()
        if options.best_single is not None
        else tuple(_side(f"{outcomes.agents[at]} alone", singles[at]) for at in every if at != best),
        random=Realised(
            correct=grid.correct.mean(axis=1),
            dollars=grid.dollars.mean(axis=1),
            overhead=np.zeros(len(outcomes)),
            tokens=None if grid.tokens is None else grid.tokens.mean(axis=1),
        ),
    )


def _best(outcomes: Outcomes, options: ReplayOptions) -> int:
    """Column of the best single agent: the one that was named, or `best_single`."""
    if options.best_single is None:
        return best_single(outcomes.mean_correct(), outcomes.mean_dollars())
    if options.best_single not in outcomes.agents:
        raise OutcomesError(
            f"best_single is {options.best_single!r}, which is no agent of the outcomes. Take one of "
            f"{', '.join(outcomes.agents)}."
        )
    return outcomes.agents.index(options.best_single)


def _check_names(policies: Sequence[Policy], table: _Table, options: ReplayOptions) -> None:
    names = [policy.name for policy in policies]
    own = {table.name(column) for column in range(len(table.singles))} | {"random, expected", "oracle"}
    for name in names:
        if names.count(name) > 1:
            raise OutcomesError(f"Two policies are named {name!r}. Give each its own name.")
        if name in own:
            raise OutcomesError(f"A policy is named {name!r}, as a baseline of every replay. Give it another name.")
    for name in options.against:
        if name not in names:
            raise OutcomesError(f"Nothing can be compared with {name!r}: it is none of {', '.join(names) or 'none'}.")


def _result(
    name: str, policy: Realised, estimates: Mapping[str, Estimate], table: _Table, *, baseline: bool
) -> PolicyResult:
    shares = None if policy.agent is None else shares_of(policy.agent, len(table.outcomes.agents))
    return PolicyResult(
        name=name,
        baseline=baseline,
        estimates=estimates,
        shares={}
        if shares is None
        else {agent: float(share) for agent, share in zip(table.outcomes.agents, shares, strict=True)},
        entropy=None if shares is None else share_entropy(shares),
    )


def _compared(result: PolicyResult, policy: Realised, side: Side, table: _Table) -> PolicyResult:
    zero = table.rounds.estimate(zero_pass(side.means, table.agents))
    if policy.total().mean() < table.pair.small_dollars:
        zero = replace(zero, reason="the policy is cheaper than every agent; held against the cheapest")
    if policy.agent is None:
        return replace(result, zero=zero, shuffled=Estimate(value=None, reason=_NO_AGENT))
    shuffled = shuffled_mean(policy.agent, table.agents)
    return replace(
        result,
        zero=zero,
        shuffled=table.rounds.estimate(shuffled.correct),
        shuffled_usd=Estimate(value=float(shuffled.dollars(table.rounds.whole)[0])),
    )


def _side(name: str, policy: Realised) -> Side:
    return Side(name=name, correct=policy.correct, dollars=policy.total(), means=policy_means(policy))


def _curve(points: Points, table: _Table, joint: tuple[Floats, Floats]) -> CurveResult:
    return curve_result(
        points, table.grid, table.pair, table.best, agents=table.agents, rounds=table.rounds, joint=joint
    )


def _estimates(policies: Mapping[str, Realised], table: _Table) -> dict[str, dict[str, Estimate]]:
    """All metrics of all policies, with their intervals: as many policies in one pass as fit into memory."""
    names, found = list(policies), {}
    together = max(1, _CELLS // len(table.outcomes))
    for start in range(0, len(names), together):
        ratios = {name: _ratios(policies[name], table) for name in names[start : start + together]}
        known = table.rounds.ratios(
            {
                (name, metric): ratio
                for name, each in ratios.items()
                for metric, ratio in each.items()
                if isinstance(ratio, Ratio)
            }
        )
        for name, each in ratios.items():
            found[name] = {
                metric: Estimate(value=None, reason=ratio) if isinstance(ratio, str) else known[name, metric]
                for metric, ratio in each.items()
            }
    return found


def _ratios(policy: Realised, table: _Table) -> dict[str, Ratio | str]:
    ratios = dict(routing_ratios(policy, table.grid, worth=table.rounds.options.worth, facts=table.facts))
    best, oracle = table.singles[table.best].correct, table.facts.oracle.correct
    chance, q = table.random.correct, policy.correct
    ratios["gain_at_best"] = Ratio(
        kind="points", above=q - best, below=best, reason="the best single agent solves nothing"
    )
    ratios["gain_at_random"] = Ratio(
        kind="points", above=q - chance, below=chance, reason="random choice solves nothing"
    )
    ratios["gap_to_oracle"] = Ratio(kind="points", above=oracle - q, below=oracle, reason="the oracle solves nothing")
    ratios["pgr"] = table.pair.undefined() or _pgr(q, table)
    return ratios


def _pgr(q: Floats, table: _Table) -> Ratio:
    small = table.grid.correct[:, table.outcomes.cheapest_first()[0]]
    large = table.grid.correct[:, table.facts.dearest]
    return Ratio(kind="points", above=q - small, below=large - small, reason="the two agents solve as much")


def _named(estimate: Estimate, reason: str) -> Estimate:
    return estimate if estimate.value is not None else replace(estimate, reason=reason)


def _drafts(policy: Realised, points: Points, side: Side, sides: Mapping[str, Side], table: _Table) -> list[RawClaim]:
    own, rounds, name = side.means.correct, table.rounds, side.name
    found = []
    if policy.agent is not None:
        shuffled = shuffled_mean(policy.agent, table.agents).correct
        found.append(control(rounds, name, "its shuffled control", "shuffled", difference(own, shuffled)))
    found += against(rounds, side, table.best_side, "best single", others=table.other_sides)
    mix = difference(own, zero_pass(side.means, table.agents))
    found.append(control(rounds, name, "the zero router at its dollars", "zero", mix))
    chance = difference(own, mean_of(table.random.correct))
    found.append(control(rounds, name, "random choice", "random", chance))
    weights = points.weights()
    if weights is not None:
        gain = curve_gain(weights, points.means, table.agents)
        rival = "the zero router along its curve"
        found.append(control(rounds, name, rival, "zero curve", gain, measure="curve_gain"))
    for other in rounds.options.against:
        if other != name:
            found += against(rounds, side, sides[other], "policy")
    return found


def _notes(table: _Table, options: ReplayOptions, policies: Sequence[Policy]) -> list[str]:
    notes = []
    if options.best_single is None:
        notes.append(
            f"The best single agent, {table.outcomes.agents[table.best]}, is the best on these very tasks, which "
            "favours it; the comparisons with it are corrected for the choice."
        )
    if table.outcomes.estimated:
        notes.append("Dollars are estimated from prices and lengths of texts, not recorded.")
    free = [policy.name for policy in policies if policy.overhead is None]
    if free:
        notes.append(f"No overhead is given, so deciding counts as free, for: {', '.join(free)}.")
    return notes


def _minutes(outcomes: Outcomes) -> list[float] | None:
    return None if outcomes.taus is None else [float(tau) for tau in outcomes.taus]
