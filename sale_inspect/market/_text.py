"""A study of a simulated market as a table."""

from __future__ import annotations

from collections.abc import Sequence

from sale_inspect.market._draws import Market
from sale_inspect.market._market import jury_auc
from sale_inspect.market._studies import Study, StudyPoint
from sale_inspect.stats import best_single
from sale_inspect.texts import Table, fmt_rate, fmt_usd

__all__ = ["study_rows", "study_table"]


def study_rows(points: Sequence[StudyPoint]) -> list[dict[str, float | str]]:
    """A row for each value and policy, for `report.figures.sensitivity`: value, policy, pass_at_1, usd, dearest.

    Args:
        points: From `run_study`.
    """
    rows: list[dict[str, float | str]] = []
    for point in points:
        full, plain = point.sale, point.no_memory
        best = best_single(full.singles_pass, full.singles_usd)
        unknown = float("nan")
        dearest = float(best == len(full.singles_pass) - 1)
        for policy, correct, usd, share in (
            ("SALE", full.pass_rate, full.usd, full.dearest_share),
            ("SALE, no memory", plain.pass_rate, plain.usd, plain.dearest_share),
            ("best single agent", float(full.singles_pass[best]), float(full.singles_usd[best]), dearest),
            ("random agent", full.random_pass, float(full.singles_usd.mean()), 1 / len(full.singles_usd)),
            ("oracle", full.oracle_pass, full.oracle_usd, unknown),
        ):
            rows.append({"value": point.value, "policy": policy, "pass_at_1": correct, "usd": usd, "dearest": share})
    return rows


def study_table(study: Study, points: Sequence[StudyPoint], *, market: Market | None = None) -> Table:
    """One row for each value: what SALE with and without refinement solves, spends, and asks of the dearest agent.

    Args:
        study: The study.
        points: From `run_study`.
        market: What all else was; None for the default market.
    """
    base = market or Market()
    jury = jury_auc(base)
    rows = []
    for point in points:
        full, plain = point.sale, point.no_memory
        rows.append(
            (
                f"{point.value:g}",
                fmt_rate(full.pass_rate),
                fmt_rate(plain.pass_rate),
                fmt_rate(float(full.singles_pass.max())),
                fmt_rate(full.random_pass),
                fmt_rate(full.oracle_pass),
                fmt_usd(full.usd),
                fmt_usd(plain.usd),
                fmt_usd(float(full.singles_usd[best_single(full.singles_pass, full.singles_usd)])),
                fmt_rate(full.overhead_usd / full.usd),
                fmt_rate(full.dearest_share),
                fmt_rate(full.refined_share),
            )
        )
    return Table(
        title=f"{study.question} (simulated)",
        header=(
            study.name,
            *("SALE", "no memory", "best single", "random", "oracle"),
            *("SALE, $", "no memory, $", "best single, $", "overhead", "on the dearest", "won refined"),
        ),
        sections=(tuple(rows),),
        notes=(
            f"{study.name}: {study.unit}. pass@1, then $ per task.",
            f"{points[0].sale.auctions:,} simulated auctions a row, the same seed in every row.",
            f"World, but for {study.name}: {base.name}.",
            f"Judges' AUC there: {jury.one_task:.2f} of two plans for one task, {jury.all_plans:.2f} of any two.",
            "No model ran; nothing here is a measurement of any model.",
        ),
    )
