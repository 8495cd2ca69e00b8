"""A calibrated fit as text."""

from __future__ import annotations

from collections.abc import Iterator

from sale_inspect.calibrated._file import CalibratedFile, CalibratedHeader
from sale_inspect.calibrated._records import PolicyPoint
from sale_inspect.texts import aligned, fmt_rate, fmt_usd

__all__ = ["calibrated_text"]

_MOST_COLUMNS = 8
_BOUNDS = "How often its bounds hold was simulated against known truth: docs/statistics.md."


def calibrated_text(file: CalibratedFile) -> str:
    """What the fit was asked for, what it settled on, and how good its forecasts are, as plain text."""
    header = file.header
    return "\n\n".join(
        [
            "\n".join(_heading(header)),
            header.setting.sentence,
            _figures(header),
            "\n".join(_quality(header)),
            _slopes(file),
            _BOUNDS,
            *(["\n".join(f"- {note}" for note in header.notes)] if header.notes else []),
        ]
    )


def _heading(header: CalibratedHeader) -> Iterator[str]:
    kind = "simulated pool" if header.simulated else "pool"
    auctions = "" if header.auctions == header.tasks else f" ({header.auctions} auctions)"
    setting = header.setting
    target = "" if setting.target is None else f" {setting.target:g}"
    yield f"calibrated auction for {kind} {header.pool!r}, {header.date.isoformat()}, on {header.tasks} tasks{auctions}"
    yield (
        f"goal: {setting.goal}{target}, confidence {setting.confidence:g}, auction {setting.auction}; "
        f"{fmt_usd(setting.worth)} for a solved task (lambda {_lambda(setting.worth)})"
    )
    yield (
        f"features: plans of at most {header.features.strategy_tokens} tokens ({header.features.tokenizer}), entropy "
        f"from {' and '.join(header.features.entropy_kinds)}, tasks embedded by {header.embedder.name}"
    )
    yield f"data {header.data_hash[:12]}, sale-inspect {header.package_version}"


def _lambda(worth: float) -> str:
    return "none, only dollars count" if worth == 0 else f"{1 / worth:.3g} of pass@1 a dollar"


def _figures(header: CalibratedHeader) -> str:
    setting = header.setting
    rows = [
        _row(f"forecasts decide, held out ({header.folds} folds)", setting.rule),
        *(_row(f"{agent} alone", point) for agent, point in header.singles.items()),
    ]
    drawn = "\n".join(aligned(["", "pass@1", "$ per task", "auctions held"], rows, right={1, 2, 3}))
    done = f"{setting.single} alone" if setting.fallback else "the forecasts"
    return f"{drawn}\nWho decides: {done}."


def _row(name: str, point: PolicyPoint) -> tuple[str, str, str, str]:
    return name, fmt_rate(point.pass_rate), fmt_usd(point.usd), fmt_rate(point.held)


def _quality(header: CalibratedHeader) -> Iterator[str]:
    quality = header.quality
    yield (
        f"Held-out Brier score {quality.brier:.4f} with bids, {quality.brier_prior:.4f} without, "
        f"{quality.brier_means:.4f} by each agent's mean; calibration error {100 * quality.ece:.1f} points."
    )
    if quality.brier >= quality.brier_means:
        yield "Bids and tasks do not help to foresee success here: the forecasts are no better than the agents' means."
    yield (
        f"An auction costs {fmt_usd(header.bill_usd)}; {fmt_rate(header.reliability)} of the gain that bids "
        "promise was realised."
    )
    if header.strengths == (0, 0):
        yield "Only the agents' means are used: slopes did not lower the held-out loss, or there are too few tasks."
    elif header.strengths[1] == 0:
        yield "Bids change no forecast: reading them did not lower the held-out loss."


def _slopes(file: CalibratedFile) -> str:
    slope = file.after.slope
    size = abs(slope).max(axis=0)
    order = sorted(range(len(size)), key=lambda at: -size[at])[:_MOST_COLUMNS]
    rows = [(file.after.names[at], *(f"{slope[row, at]:+.2f}" for row in range(len(slope)))) for at in order]
    title = f"What the probability reads: log-odds for one standard deviation; the {len(order)} largest of {len(size)}"
    drawn = aligned(["column", *file.agents], rows, right=set(range(1, 1 + len(file.agents))))
    return "\n".join([title, *drawn])
