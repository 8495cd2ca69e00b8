"""`sale-inspect simulate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import say, show_table, write_json
from sale_inspect._edge import clean_errors
from sale_inspect._files import make_folder, write_file
from sale_inspect._results import check_result
from sale_inspect.market import STUDIES, Study, StudyPoint, run_study, study_rows, study_table

__all__ = ["simulate"]


@click.command()
@click.option(
    "--study", "studies", multiple=True, type=click.Choice(sorted(STUDIES)), metavar="NAME",
    help=f"Which study: {', '.join(sorted(STUDIES))}. May be repeated; default: all.",
)  # fmt: skip
@click.option(
    "--auctions", type=click.IntRange(min=1), default=20_000, show_default=True, help="Auctions for each value."
)
@options.seed
@options.markdown
@options.json_and_plots
def simulate(
    studies: tuple[str, ...], auctions: int, seed: int, markdown: bool, json_file: Path | None, plots: Path | None
) -> None:
    """How the mechanism answers to its surroundings, in simulated markets.

    Each study changes one number (noise of judges, their bias for their own plans, size of the pool, prices, skills,
    what the memory brings, length of executions) and leaves all else. No model is called, and nothing that comes
    out is a measurement of a model. The rules of the auction are those of the solver.

    \b
      sale-inspect simulate --study noise --study self_bias --plots plots
    """  # noqa: D301 - click reads \b
    if plots is not None:
        with clean_errors():
            for name in studies or tuple(STUDIES):
                for place in _pictures(plots, name):
                    check_result(place)
    kept: dict[str, Any] = {"simulated": True, "auctions": auctions, "seed": seed, "studies": {}}
    for name in studies or tuple(STUDIES):
        study = STUDIES[name]
        points = run_study(study, auctions=auctions, seed=seed)
        table = study_table(study, points)
        show_table(table, markdown=markdown)
        if markdown:
            say("")
        if plots is not None:
            _draw(plots, study, points)
        kept["studies"][name] = [_plain(point) for point in points]
    write_json(json_file, kept)


def _draw(folder: Path, study: Study, points: Sequence[StudyPoint]) -> None:
    import pandas as pd

    from sale_inspect.report.figures import sensitivity, to_png, to_svg

    frame = pd.DataFrame(study_rows(points))
    drawing = sensitivity(frame, name=study.name, question=study.question, unit=study.unit)
    with clean_errors():
        make_folder(folder)
        svg, png = _pictures(folder, study.name)
        write_file(svg, to_svg(drawing))
        write_file(png, to_png(drawing))
    say(str(svg))


def _pictures(folder: Path, study: str) -> tuple[Path, Path]:
    """The files of a study's picture: SVG, PNG."""
    stem = study.replace("_", "-")
    return folder / f"{stem}.svg", folder / f"{stem}.png"


def _plain(point: StudyPoint) -> dict[str, Any]:
    found = asdict(point)
    for kind in ("sale", "no_memory"):
        found[kind] = {
            name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in found[kind].items()
        }
    return found
