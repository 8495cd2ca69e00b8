"""`sale-inspect simulate`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

from sale_inspect._cli._draw import draw_table
from sale_inspect._edge import clean_errors
from sale_inspect._files import write_file
from sale_inspect.market import STUDIES, Study, StudyPoint, run_study, study_rows, study_table
from sale_inspect.texts import to_markdown

__all__ = ["simulate"]


@click.command()
@click.option("--study", "studies", multiple=True, type=click.Choice(sorted(STUDIES)), help="Default: all.")
@click.option("--auctions", type=click.IntRange(min=1), default=20_000, show_default=True, help="For each value.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all draws.")
@click.option("--markdown", is_flag=True, help="Write markdown instead of drawing tables.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Also write all figures.")
@click.option(
    "--plots", type=click.Path(path_type=Path, file_okay=False), help="Folder for a picture of each study, SVG and PNG."
)
def simulate(
    studies: tuple[str, ...], auctions: int, seed: int, markdown: bool, json_file: Path | None, plots: Path | None
) -> None:
    """How the mechanism answers to its surroundings, in simulated markets.

    Each study changes one number (noise of judges, their bias for their own plans, size of the pool, prices, skills,
    what the memory brings, length of executions) and leaves all else. No model is called, and nothing that comes
    out is a measurement of a model. The rules of the auction are those of the solver.

    \b
      sale-inspect simulate --study jury_noise --study self_bias --plots plots
    """  # noqa: D301 - click reads \b
    kept: dict[str, Any] = {"simulated": True, "auctions": auctions, "seed": seed, "studies": {}}
    for name in studies or tuple(STUDIES):
        study = STUDIES[name]
        points = run_study(study, auctions=auctions, seed=seed)
        table = study_table(study, points)
        if markdown:
            click.echo(to_markdown(table) + "\n")
        else:
            draw_table(table)
        if plots is not None:
            _draw(plots, study, points)
        kept["studies"][name] = [_plain(point) for point in points]
    if json_file is not None:
        with clean_errors():
            write_file(json_file, json.dumps(kept, indent=1) + "\n")


def _draw(folder: Path, study: Study, points: Sequence[StudyPoint]) -> None:
    import pandas as pd

    from sale_inspect.report.figures import sensitivity, to_png, to_svg

    frame = pd.DataFrame(study_rows(points))
    drawing = sensitivity(frame, name=study.name, question=study.question, unit=study.unit)
    with clean_errors():
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / f"{drawing.name}.svg", to_svg(drawing))
        write_file(folder / f"{drawing.name}.png", to_png(drawing))
    click.echo(f"{folder / drawing.name}.svg")


def _plain(point: StudyPoint) -> dict[str, Any]:
    found = asdict(point)
    for kind in ("sale", "no_memory"):
        found[kind] = {
            name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in found[kind].items()
        }
    return found
