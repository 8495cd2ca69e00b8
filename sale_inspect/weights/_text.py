"""A weights file as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sale_inspect.texts import aligned, fmt_rate, fmt_usd
from sale_inspect.weights._file import WeightsFile
from sale_inspect.weights._report import FrontierPoint, KeepPass, MinmaxReport, Outcome, OutcomeReport, WeightValues

__all__ = ["to_text"]

_MOST_POINTS = 12


def to_text(file: WeightsFile) -> str:
    """Weights, what they reach and how they were found, as aligned plain text."""
    parts = [_heading(file), _weights(file)]
    if file.minmax is not None:
        parts.append(_minmax(file.minmax))
    reached = _reached(file)
    if reached:
        parts.append(reached)
    if file.outcome is not None:
        parts += _outcome(file.outcome, file)
    if file.notes:
        parts.append("\n".join(f"- {note}" for note in file.notes))
    return "\n\n".join(parts)


def _heading(file: WeightsFile) -> str:
    kind = "simulated pool" if file.simulated else "pool"
    auctions = "" if file.auctions == file.tasks else f" ({file.auctions} auctions)"
    used = {name: value for name, value in file.options.model_dump().items() if value is not None}
    options = ", ".join(f"{name} {value:g}" for name, value in used.items())
    features = file.features
    return "\n".join(
        [
            f"{file.objective} weights for {kind} {file.pool!r}, "
            f"{file.date.isoformat()}, on {file.tasks} tasks{auctions}",
            *([f"options: {options}"] if options else []),
            f"features: strategies of at most {features.strategy_tokens} tokens ({features.tokenizer}), ratings "
            f"0..{features.rating_scale}, entropy from {' and '.join(features.entropy_kinds)}",
            f"data {file.data_hash[:12]}, sale-inspect {file.package_version}",
        ]
    )


def _weights(file: WeightsFile) -> str:
    prices = {agent.name: agent.usd_per_mtok for agent in file.agents}
    judges = file.weights.judges
    rows = [
        ["price x length", f"{file.weights.price:.4f}", "cost"],
        ["entropy", f"{file.weights.entropy:.4f}", "value"],
    ]
    rows += [[f"rating by {name}", f"{judges[name]:.4f}", f"value; agent at ${prices[name]:g}/Mtok"] for name in prices]
    return aligned(["term", "weight", ""], rows, right={1})


def _minmax(report: MinmaxReport) -> str:
    lines = [
        f"worst z of the selected bids: {report.worst_z:.6f}",
        f"{report.status}: gap {report.gap:.2g} (no weights go below {report.lower_bound:.6f}); {report.variables} "
        f"variables for {report.tasks} auctions; {report.tasks_in_last_round} of them decide the worst case",
    ]
    if report.status != "optimal":
        remedy = " A longer --time-limit may better them." if report.status == "time limit" else ""
        lines.append(f"The search ended early ({report.status}): these are the best weights so far.{remedy}")
    if report.abstentions:
        lines.append(
            f"{report.abstentions} bids lack some ratings; there the program took the mean of the others' "
            f"(its worst z: {report.program_worst_z:.6f})"
        )
    return "\n".join(lines)


def _reached(file: WeightsFile) -> str:
    if file.dev is None:
        return "pass@1 of these weights is not known: the logs lack outcomes of agents that would win."
    wins = ", ".join(f"{agent} {fmt_rate(share)}" for agent, share in file.dev.wins.items())
    rows = [["these weights, dev", fmt_rate(file.dev.pass_rate), fmt_usd(file.dev.usd)]]
    report = file.outcome
    if report is not None:
        tested = report.cross_validation
        if tested is not None:
            rows.append(
                [
                    f"these weights, cross-validated ({tested.folds} folds)",
                    f"{fmt_rate(tested.pass_rate)} +- {fmt_rate(tested.pass_stderr)}",
                    f"{fmt_usd(tested.usd)} +- {fmt_usd(tested.usd_stderr)}",
                ]
            )
        rows.append(_row("equal weights, dev", report.uniform))
        rows += [_row(f"{agent} alone, dev", outcome) for agent, outcome in report.agents.items()]
        rows.append(_row("oracle, dev", report.oracle))
    drawn = aligned(["", "pass@1", "$ per task"], rows, right={1, 2})
    return f"{drawn}\nwins by first-round bids, dev: {wins}"


def _outcome(report: OutcomeReport, file: WeightsFile) -> Iterable[str]:
    if report.keep is not None:
        yield _keep(report.keep)
    tested = report.cross_validation
    if tested is not None and file.dev is not None:
        drop = file.dev.pass_rate - tested.pass_rate
        text = f"Overfitting: dev pass@1 is {100 * drop:+.1f} points from the cross-validated one; expect the latter."
        if tested.pass_rate <= report.uniform.pass_rate and tested.usd >= report.uniform.usd:
            text += " Equal weights, which are not fitted, are as good at no more dollars: prefer them."
        if tested.folds_not_kept:
            text += (
                f" In {tested.folds_not_kept} of {tested.folds} folds no weights kept the pass@1 that was asked for."
            )
        yield text
    shown = _thinned(report.frontier)
    title = f"Frontier of {report.candidates} weight vectors that select differently, dev"
    if len(shown) < len(report.frontier):
        title += f"; {len(shown)} of {len(report.frontier)} points, all are in the file"
    names = list(file.weights.judges)
    rows = [[fmt_rate(point.pass_rate), fmt_usd(point.usd), *_numbers(point.weights, names)] for point in shown]
    header = ["pass@1", "$ per task", "w price", "w entropy", *(f"w {name}" for name in names)]
    yield f"{title}\n{aligned(header, rows, right=set(range(len(header))))}"


def _keep(keep: KeepPass) -> str:
    asked = f"{fmt_rate(keep.share)} of {keep.best_agent}'s dev pass@1 ({fmt_rate(keep.best_pass_rate)})"
    found = (
        f"difference {100 * keep.difference:+.1f} points, lower bound {100 * keep.lower_bound:+.1f} "
        f"on {keep.tasks} tasks that did not choose"
    )
    if keep.reached:
        return f"Kept: {asked} with {keep.confidence:.0%} confidence; {found}."
    more = (
        "No number of tasks like these would certify it."
        if keep.needed is None
        else f"Some {keep.needed:,} tasks like these in all could certify it."
    )
    return (
        f"NOT KEPT: no weights keep {asked} with {keep.confidence:.0%} confidence. These are the weights with the "
        f"highest dev pass@1 instead; the safest that were tested: {found}. {more} Lower --keep-pass, or run "
        f"{keep.best_agent} alone."
    )


def _thinned(points: Sequence[FrontierPoint]) -> list[FrontierPoint]:
    if len(points) <= _MOST_POINTS:
        return list(points)
    last = len(points) - 1
    return [points[round(step * last / (_MOST_POINTS - 1))] for step in range(_MOST_POINTS)]


def _numbers(weights: WeightValues, names: Sequence[str]) -> list[str]:
    return [f"{value:.3f}" for value in (weights.price, weights.entropy, *(weights.judges[name] for name in names))]


def _row(name: str, outcome: Outcome) -> list[str]:
    return [name, fmt_rate(outcome.pass_rate), fmt_usd(outcome.usd)]
