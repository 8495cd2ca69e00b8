"""The files of a report, from its tidy data."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sale_inspect.bench import BINS
from sale_inspect.study import StudyGoal
from sale_inspect.texts import csv_cell

if TYPE_CHECKING:
    import pandas as pd

    from sale_inspect.report.analysis import Analyses
    from sale_inspect.report.figures import Drawing
    from sale_inspect.report.page import Picture, ReportPage
    from sale_inspect.report.tidy import ScreenedTidy, Tidy

__all__ = ["PageRequest", "report_files"]

_LOGS = (".eval", ".json")


@dataclass(frozen=True, kw_only=True, slots=True)
class PageRequest:
    """What the page shows, and how its figures are drawn.

    Attributes:
        title: Title of the page; empty for the usual one.
        baseline: Policy that the others are compared with; empty for the usual one.
        seed: Seed of all that is drawn.
        paper: Whether to show the paper's figures beside.
        viewer: Address of Inspect's viewer, for links; empty for none.
        goal: Of a study, whose baseline was the best single agent on dev; None for a report of its own.
        one_page: Whether the decision is also written as one page of A4, as `summary.pdf` and `summary.png`.
    """

    title: str = ""
    baseline: str = ""
    seed: int = 0
    paper: bool = False
    viewer: str = ""
    goal: StudyGoal | None = None
    one_page: bool = False


def report_files(
    compared: ScreenedTidy,
    request: PageRequest,
    *,
    doing: Callable[[str], None] = lambda _: None,
    rendered: bool = True,
) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """The page as HTML and Markdown, pictures as SVG and PNG, tables as CSV; and its sentences.

    Args:
        compared: What is compared.
        request: What the page shows.
        doing: Is called with what is being done.
        rendered: Whether pictures become SVG and PNG, which takes most of the time. Without them the Markdown page,
            the tables and the sentences are the same.

    Returns:
        The files by name; and the sentences of the `verdict` and on `human_time`.
    """
    from sale_inspect.report.analysis import analyse
    from sale_inspect.report.page import (
        PageOptions,
        decision_callout,
        grid_csv,
        human_time_sentences,
        report_page,
        to_html,
        to_markdown_page,
        verdict_sentences,
    )
    from sale_inspect.report.tidy import ScreenedTidy, Tidy

    doing("analysing")
    analyses = analyse(compared.tidy, baseline=request.baseline, goal=request.goal, seed=request.seed)
    doing("drawing")
    drawings = _drawings(compared.tidy, analyses, request)
    files: dict[str, bytes] = {}
    pictures: dict[str, Picture] = {}
    for drawing in drawings:
        picture, picture_files = _picture(drawing, rendered=rendered)
        pictures[drawing.name] = picture
        files |= picture_files
    doing("writing")
    folder, places = _viewer_logs(compared.tidy.samples)
    tidy = Tidy(
        samples=compared.tidy.samples.assign(
            viewer_log=[places.get(str(path), "") for path in compared.tidy.samples["log_path"]]
        ),
        bids=compared.tidy.bids,
        logs=compared.tidy.logs,
    )
    page = report_page(
        ScreenedTidy(tidy=tidy, left_out=compared.left_out, notes=compared.notes, health=compared.health),
        analyses,
        pictures,
        PageOptions(
            title=request.title,
            paper=request.paper,
            viewer=request.viewer,
            log_dir=folder,
            labels={b.name: f"{b.name} <={b.high:g}min" for b in BINS},
        ),
    )
    files["report.html"] = to_html(page).encode()
    files["report.md"] = to_markdown_page(page).encode()
    for grid in page.grids():
        if grid.columns and not grid.empty:
            files[f"tables/{grid.name}.csv"] = grid_csv(grid, simulated=page.simulated).encode()
    if request.one_page and rendered:
        files |= _summary(page, analyses, next(drawing for drawing in drawings if drawing.name == "front"), compared)
    told = decision_callout(analyses)
    headline = f"{told.head} {told.lines[0][1]}"
    sentences = {"verdict": (headline, *verdict_sentences(analyses)), "human_time": human_time_sentences(analyses)}
    return files, {name: list(said) for name, said in sentences.items()}


def _drawings(tidy: Tidy, analyses: Analyses, request: PageRequest) -> tuple[Drawing, ...]:
    from sale_inspect.report.figures import draw_all
    from sale_inspect.report.page import horizon_frame, route_frame, shapley_frame

    why = {"horizons": "horizons", "agents": "shapley", "routes": "confusion"}
    return draw_all(
        tidy,
        horizons=horizon_frame(analyses),
        shapley=shapley_frame(analyses),
        routes=route_frame(analyses),
        why={drawing: analyses.why[part] for part, drawing in why.items() if part in analyses.why},
        seed=request.seed,
    )


def _picture(drawing: Drawing, *, rendered: bool) -> tuple[Picture, dict[str, bytes]]:
    from sale_inspect.report.figures import to_png, to_svg
    from sale_inspect.report.page import Picture

    svg = to_svg(drawing) if rendered else ""
    files = {f"tables/{drawing.name}.csv": _csv(drawing.data).encode()}
    if rendered:
        files |= {f"figures/{drawing.name}.svg": svg.encode(), f"figures/{drawing.name}.png": to_png(drawing)}
    return Picture(name=drawing.name, svg=svg, alt=drawing.alt_text, caption=drawing.caption), files


def _summary(page: ReportPage, analyses: Analyses, drawing: Drawing, compared: ScreenedTidy) -> dict[str, bytes]:
    from sale_inspect.report.figures import looks, one_page, roster_of
    from sale_inspect.report.page import decision_callout, shown_rows

    told = decision_callout(analyses)
    lines = [f"{name}: {text}" if name else text for name, text in told.lines]
    lines += ["All agents are simulated: nothing here is a measurement of any model."] * page.simulated
    lines += [f"Not as meant: {sentence}" for sentence in compared.health[:3]]
    table = next(grid for grid in page.grids() if grid.name == "policies")
    names = [str(name) for name in drawing.data["policy"]]
    look = looks(names, roster=roster_of(compared.tidy.samples))
    pdf, png = one_page(told.head, lines, drawing.data, look, shown_rows(table), title=page.title)
    return {"summary.pdf": pdf, "summary.png": png}


def _csv(data: pd.DataFrame) -> str:
    """The data of a picture, in which names compute nothing and hide nothing."""
    shown = data.map(lambda value: csv_cell(value) if isinstance(value, str) else value)
    return shown.rename(columns=csv_cell).to_csv(index=False, lineterminator="\n")


def _viewer_logs(samples: pd.DataFrame) -> tuple[str, dict[str, str]]:
    """The folder that holds all logs, and each log's path below it, as the viewer names it."""
    # Rows of a table of outcomes are in no log that the viewer could show.
    paths = {str(path): Path(str(path)) for path in samples["log_path"].unique() if str(path).endswith(_LOGS)}
    if not paths:
        return "", {}
    folder = os.path.commonpath([path.parent for path in paths.values()])
    return folder, {name: path.relative_to(folder).as_posix() if folder else name for name, path in paths.items()}
