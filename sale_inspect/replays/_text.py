"""The tables of a replay and the reasons for their empty cells, as cells of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sale_inspect.replays._parts import BinResult, Estimate, PolicyResult
from sale_inspect.texts import fmt_rate, fmt_usd, fmt_usd_thousand

__all__ = ["Rows", "overview", "reasons", "tables"]

_Show = Callable[[float | None], str]
Rows = list[list[str]]
"""Rows of cells."""


def overview(
    policies: Sequence[PolicyResult], single: float, meant: str | None
) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Rows of the one table: policies, single agents, and what nobody can do or needs to.

    Args:
        policies: All.
        single: Dollars a task of the best single agent.
        meant: The policy that the answer means.
    """
    given = [each for each in policies if not each.baseline]
    alone = [each for each in policies if each.baseline and each.name.endswith(" alone")]
    others = [each for each in policies if each not in given and each not in alone]
    return tuple(
        tuple(_overview_row(each, single, meant) for each in sorted(group, key=_most_solved))
        for group in (given, alone, others)
        if group
    )


def _most_solved(policy: PolicyResult) -> tuple[float, float, str]:
    solved, spent = policy.estimates["pass"].value or 0.0, policy.estimates["usd_per_task"].value or 0.0
    return -solved, spent, policy.name


def _overview_row(policy: PolicyResult, single: float, meant: str | None) -> tuple[str, ...]:
    solved, spent = policy.estimates["pass"], policy.estimates["usd_per_task"].value or 0.0
    ends = "" if solved.low is None or solved.high is None else f" [{100 * solved.low:.0f}, {100 * solved.high:.0f}]"
    mix = None if policy.zero is None else policy.zero.value
    return (
        f"{policy.name}{' *' if policy.name == meant else ''}",
        f"{100 * (solved.value or 0.0):.1f}{ends}",
        fmt_usd_thousand(spent),
        "-" if not single else f"{spent / single:.2f}",
        "-" if mix is None else f"{100 * mix:.1f}",
    )


def tables(policies: Sequence[PolicyResult], bins: Sequence[BinResult]) -> Iterator[tuple[str, list[str], Rows]]:
    """Title, header and rows of each table that has rows."""
    curves = [each for each in policies if each.curve is not None]
    of_all = [
        ("Solved and spent", _SPENT, [_spent(each) for each in policies]),
        ("Choices against the oracle", _CHOSEN, [_chosen(each) for each in policies]),
        ("Over the knob", ["policy", *_FIGURES], [_figures(each) for each in curves]),
    ]
    for each in bins:
        rows = [
            [name, _ranged(each.correct[name], fmt_rate), _ranged(each.dollars[name], fmt_usd)] for name in each.correct
        ]
        of_all.append((f"Bin {each.bin}, {each.tasks:,} tasks", ["policy", "pass@1", "$ per task"], rows))
    return (each for each in of_all if each[2])


_SPENT = [
    *("policy", "pass@1", "shuffled", "zero router at its $", "$ per task", "$ per solved", "$/Mt", "overhead"),
]


def _spent(policy: PolicyResult) -> list[str]:
    known = policy.estimates
    return [
        policy.name,
        _ranged(known["pass"], fmt_rate),
        _ranged(policy.shuffled, fmt_rate),
        _ranged(policy.zero, fmt_rate),
        _ranged(known["usd_per_task"], fmt_usd),
        _ranged(known["usd_per_solved"], fmt_usd),
        _ranged(known["usd_per_mtok"], fmt_usd),
        fmt_rate(known["overhead_share"].value),
    ]


_CHOSEN = [
    *("policy", "optimal selection", "optimal cost", "optimal accuracy", "over-escalated", "under-escalated"),
    *("regret, pass@1", "regret, $", "on the dearest", "entropy, bits"),
]


def _chosen(policy: PolicyResult) -> list[str]:
    known = policy.estimates
    return [
        policy.name,
        *(_ranged(known[name], fmt_rate) for name in ("optimal_selection", "optimal_cost", "optimal_accuracy")),
        *(_ranged(known[name], fmt_rate) for name in ("over_escalation", "under_escalation", "regret_pass")),
        _ranged(known["regret_usd"], _signed_usd),
        _ranged(known["dearest_share"], fmt_rate),
        _number(policy.entropy),
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _signed_usd(value: float | None) -> str:
    return "-" + fmt_usd(-value) if value is not None and value < 0 else fmt_usd(value)


_FIGURES: dict[str, tuple[str, _Show]] = {
    "AIQ": ("aiq", _number),
    "AUDC": ("audc", _number),
    "Area(50%)": ("area_50", _number),
    "peak": ("peak", fmt_rate),
    "PerfGain": ("perf_gain", fmt_rate),
    "QNC": ("qnc", fmt_rate),
    "CostSave": ("cost_save", fmt_rate),
    "ParetoDist": ("pareto_distance", _number),
    "APGR": ("apgr", _number),
    "CPT(50%)": ("cpt_50", fmt_rate),
    "CPT(80%)": ("cpt_80", fmt_rate),
}


def _figures(policy: PolicyResult) -> list[str]:
    figures = {} if policy.curve is None else policy.curve.figures
    return [policy.name, *(_ranged(figures[name], show) for name, show in _FIGURES.values())]


def _ranged(estimate: Estimate | None, show: _Show) -> str:
    """The value and, if there is one, its interval."""
    if estimate is None or estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return show(estimate.value)
    return f"{show(estimate.value)} [{show(estimate.low)}, {show(estimate.high)}]"


def reasons(policies: Sequence[PolicyResult]) -> Iterator[str]:
    """Why cells are empty, and what a reader must know of others; each reason once."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for policy in policies:
        figures = {} if policy.curve is None else policy.curve.figures
        cells = [(title, figures[name]) for title, (name, _) in _FIGURES.items() if name in figures]
        cells += [(name, each) for name, each in policy.estimates.items() if name in _SHOWN]
        for name, each in cells:
            if each.reason:
                names, whose = found.setdefault(each.reason, ([], []))
                names += [name] * (name not in names)
                whose += [policy.name] * (policy.name not in whose)
    for reason, (names, whose) in found.items():
        yield f"{', '.join(names).replace('_', ' ')} of {', '.join(whose)}: {reason}."


_SHOWN = frozenset(
    (
        *("pass", "usd_per_task", "usd_per_solved", "usd_per_mtok", "overhead_share", "optimal_selection"),
        *("optimal_cost", "optimal_accuracy", "over_escalation", "under_escalation", "regret_pass", "regret_usd"),
        "dearest_share",
    )
)
