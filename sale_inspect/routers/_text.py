"""A router file as text."""

from __future__ import annotations

from collections.abc import Sequence

from sale_inspect.bench import unlearnt_note
from sale_inspect.routers._header import HeldOutPoint, RouterHeader
from sale_inspect.routers.kinds import ROUTERS
from sale_inspect.texts import aligned, fmt_rate, fmt_usd, paragraphs

__all__ = ["router_text"]

_MOST_POINTS = 12


def router_text(header: RouterHeader) -> str:
    """What a router is, how it was trained and what it does on unseen tasks, as aligned plain text."""
    parts = [_heading(header), _curve(header)]
    calibration = header.training.calibration
    if calibration is not None:
        parts.append([calibration.sentence])
    elif header.knob is not None:
        parts.append(
            [f"The knob was not calibrated. Set it with --budget or --keep-pass, or take a {header.knob.name} above."]
        )
    parts += [[note] for note in unlearnt_note(header.bins)]
    if header.dollars == "estimated":
        parts.append(["The dollars are estimated from prices and lengths, not recorded."])
    return paragraphs(parts)


def _heading(header: RouterHeader) -> list[str]:
    training = header.training
    options = ", ".join(f"{name} {_short(value)}" for name, value in header.options.items() if value not in (None, []))
    kind = ROUTERS.get(header.router)
    lines = [
        f"{header.router}, {header.date.isoformat()}, on {training.tasks} tasks"
        + (f"; {header.knob.name} {header.knob.value:.6g}" if header.knob else ""),
        *([kind.sentence] if kind else []),
        f"agents: {', '.join(header.agents)}",
        *([f"options: {options}"] if options else []),
        f"embedder: {header.embedder.name}, {header.embedder.dimensions} dimensions",
    ]
    if training.candidates > 1:
        agreed = sum(each == header.options for each in training.fold_options)
        lines.append(
            f"options chosen from {training.candidates} by {training.inner} inner folds; {agreed} of {training.outer} "
            "outer folds chose the same"
        )
    if header.prices:
        priced = [
            f"{agent} {', '.join(f'{kind} ${usd:g}' for kind, usd in each.items())}"
            for agent, each in header.prices.items()
        ]
        lines.append(f"prices per million tokens: {'; '.join(priced)}")
    lines.append(f"data {header.data_hash[:12]}, seed {header.seed}, sale-inspect {header.package_version}")
    return lines


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "x".join(_short(each) for each in value)
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_short(each)}' for name, each in value.items() if each not in (None, []))})"
    return str(value)


def _curve(header: RouterHeader) -> list[str]:
    training = header.training
    shown = _thinned(training.curve, None if header.knob is None else header.knob.value)
    name = header.knob.name if header.knob else ""
    title = f"Held-out tasks ({training.outer} outer folds)"
    if len(shown) < len(training.curve):
        title += f"; {len(shown)} of {len(training.curve)} values, all are in the file"
    rows = [[_label(point, header), fmt_rate(point.pass_rate), fmt_usd(point.dollars)] for point in shown]
    rows += [[f"{agent} alone", fmt_rate(point.pass_rate), fmt_usd(point.dollars)] for agent, point in _singles(header)]
    return [title, *aligned([name, "pass@1", "$ per task"], rows)]


def _singles(header: RouterHeader) -> list[tuple[str, HeldOutPoint]]:
    return [(agent, header.training.singles[agent]) for agent in header.agents if agent in header.training.singles]


def _label(point: HeldOutPoint, header: RouterHeader) -> str:
    if point.value is None or header.knob is None:
        return header.router
    return f"{point.value:.6g}" + (" (set)" if point.value == header.knob.value else "")


def _thinned(points: Sequence[HeldOutPoint], value: float | None) -> list[HeldOutPoint]:
    if len(points) <= _MOST_POINTS:
        return list(points)
    last = len(points) - 1
    places = {round(step * last / (_MOST_POINTS - 1)) for step in range(_MOST_POINTS)}
    places |= {place for place, point in enumerate(points) if value is not None and point.value == value}
    return [points[place] for place in sorted(places)]
