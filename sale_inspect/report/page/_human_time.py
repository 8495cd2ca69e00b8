"""What it does that human times are not known exactly: in words, by bin and by human time."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sale_inspect.report.analysis import Analyses, BinFigure, HorizonDrawn, PolicyHorizon, TaskEstimate
from sale_inspect.report.page._model import IntervalValue, PageColumn, PageTable, Sentences, Value, interval_value
from sale_inspect.report.page._show import show
from sale_inspect.stats import Horizon, Rate
from sale_inspect.taus import DrawnHorizon

__all__ = ["horizon_end", "human_time_blocks", "human_time_sentences"]

_NAMED = 3


def horizon_end(minutes: float, each: PolicyHorizon) -> str | None:
    """A time inside those of the tasks, or on which side of them it lies."""
    if math.isnan(minutes):
        return None
    if minutes < each.shortest:
        return f"< {show(each.shortest, 'minutes')}"
    if minutes > each.longest:
        return f"> {show(each.longest, 'minutes')}"
    return show(minutes, "minutes")


def human_time_sentences(analyses: Analyses) -> tuple[str, ...]:
    """Each policy's 50% horizon with both intervals, how much of the width is human time, and whose matters most."""
    found = analyses.human_times
    stated = {(each.policy, each.horizon.chance): each for each in analyses.horizons}
    halves = [
        (each, stated[each.policy, each.horizon.chance])
        for each in found.horizons
        if each.horizon.chance == 0.5 and (each.policy, each.horizon.chance) in stated
    ]
    told = [(each, known) for each, known in halves if not (_open(each.horizon) and _open(known.horizon))]
    said = [_sentence(each, known) for each, known in told]
    left = [each.policy for each, _ in halves if each not in [one for one, _ in told]]
    if left:
        said.append(
            f"The 50% horizon of {', '.join(left)} has an interval that is open at both ends with human times as "
            "stated, and so with what is not known of them."
        )
    return tuple(said)


def _open(found: Horizon | DrawnHorizon) -> bool:
    """Whether the interval says nothing."""
    return found.low == 0 and math.isinf(found.high)


def _sentence(drawn: HorizonDrawn, stated: PolicyHorizon) -> str:
    ends = [
        " to ".join(horizon_end(minutes, stated) or "-" for minutes in pair)
        for pair in ((stated.horizon.low, stated.horizon.high), (drawn.horizon.low, drawn.horizon.high))
    ]
    said = (
        f"{drawn.policy}, 50% horizon: {horizon_end(stated.horizon.minutes, stated) or '-'}, from {ends[0]} with human "
        f"times as stated, from {ends[1]} with what is not known of them."
    )
    if math.isnan(drawn.horizon.share):
        return f"{said} An end is open, so no share of the width can be given."
    share = drawn.horizon.share
    said += (
        f" Not knowing human time makes {100 * share:.0f}% of that width: with every time known, the upper end would "
        f"be about {drawn.horizon.known_ratio:.2g} times the lower, not {drawn.horizon.ratio:.2g} times."
    )
    return said + _most(drawn)


def _most(drawn: HorizonDrawn) -> str:
    if not drawn.tasks:
        return ""
    groups = " and ".join(f"{name} ({100 * share:.0f}%)" for name, share in drawn.groups[:2])
    tasks = ", ".join(name for name, _ in drawn.tasks[:_NAMED])
    return f" Most of what human times add comes from {groups}; to time first: {tasks}."


def human_time_blocks(analyses: Analyses) -> Iterator[Sentences | PageTable]:
    """The sentences, and pass@1 by bin, differences by bin and pass@1 by human time with both intervals."""
    found = analyses.human_times
    if not found.tasks:
        return
    if not found.uncertain:
        yield Sentences(("Every human time is stated as certain, so intervals hold nothing for it.",), bullets=False)
        return
    forms = ", ".join(f"{count:,} {_FORMS[form]}" for form, count in found.forms)
    yield Sentences(
        (
            f"{found.uncertain:,} of {found.tasks:,} human times are not certain: {forms}. In figures with human times "
            "drawn, each round takes all times from what is known of them and of the results; half of the variance is "
            "shared by the tasks of one source and bin.",
            *human_time_sentences(analyses),
        )
    )
    yield _by_bin("pass-by-bin-drawn", "pass@1 by complexity bin, with human times as stated and drawn", found.bins)
    if found.differences:
        yield _by_bin(
            "difference-by-bin-drawn",
            f"Difference to {found.differences[0].baseline} by complexity bin, with human times as stated and drawn",
            found.differences,
        )
    yield PageTable(
        name="pass-at-time",
        title="pass@1 of the fitted curve at a human time, with human times as stated and drawn",
        columns=(
            PageColumn(name="policy", title="policy"),
            PageColumn(name="minutes", title="human time", kind="minutes"),
            PageColumn(name="stated", title="as stated [95%]", kind="share"),
            PageColumn(name="drawn", title="drawn [95%]", kind="share"),
        ),
        rows=tuple((each.policy, each.minutes, _ranged(each.stated), _ranged(each.drawn)) for each in found.chances),
        notes=("At the middle of each bin that lies among the tasks' times.",),
        empty="" if found.chances else "No policy has solved some and failed some tasks.",
    )


_FORMS = {
    "exact": "taken as certain",
    "timed": "timed by people",
    "rounded": "written down by one person",
    "bin": "known by their bin alone",
    "proxy": "estimated by a proxy",
}


def _by_bin(name: str, title: str, figures: tuple[BinFigure, ...]) -> PageTable:
    kind = "points" if figures and figures[0].baseline else "share"
    return PageTable(
        name=name,
        title=title,
        columns=(
            PageColumn(name="policy", title="policy"),
            PageColumn(name="bin", title="bin"),
            PageColumn(name="tasks", title="tasks", kind="count", group="as stated"),
            PageColumn(name="stated", title="[95%]", kind=kind, group="as stated"),  # type: ignore[arg-type]
            PageColumn(name="drawn_tasks", title="tasks", kind="count", group="drawn"),
            PageColumn(name="drawn", title="[95%]", kind=kind, group="drawn"),  # type: ignore[arg-type]
        ),
        rows=tuple((each.policy, each.bin, *_cells(each.stated), *_cells(each.drawn)) for each in figures),
        notes=(
            "Drawn: which tasks lie in the bin is drawn with their times; tasks is the median. Where no task can lie "
            "in another bin both are the same.",
        ),
        empty="" if figures else "No policy has solved some and failed some tasks.",
    )


def _cells(found: Rate | None) -> tuple[Value, Value]:
    return (None, None) if found is None else (found.tasks, IntervalValue(found.value, found.low, found.high))


def _ranged(found: TaskEstimate) -> Value:
    return interval_value(found.value, found.low, found.high)
