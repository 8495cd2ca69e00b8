"""The files of a report, from its tidy data."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sale_inspect._cli._table import bin_labels
from sale_inspect.report import PolicyRun, Table, TaskRow, fmt_rate, fmt_usd, summary, to_markdown

if TYPE_CHECKING:
    from sale_inspect.report._tidy_screen import Compared
    from sale_inspect.report.figures import Drawing

__all__ = ["PageOptions", "plain_pages", "policy_runs_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PageOptions:
    """What the user asked for.

    Attributes:
        title: Title of the page; empty for the usual one.
        baseline: Policy that the others are compared with; empty for the usual one.
        rounds: Bootstrap rounds.
        seed: Seed of all that is drawn.
        paper: Whether to show the paper's figures beside.
    """

    title: str = ""
    baseline: str = ""
    rounds: int = 2000
    seed: int = 0
    paper: bool = False


def policy_runs_of(found: Compared) -> list[PolicyRun]:
    """The rows of `sale-inspect table`, SALE's first."""
    samples = found.tidy.samples
    names = sorted(dict.fromkeys(samples["policy"]), key=lambda name: not name.startswith("SALE"))
    return [
        PolicyRun(
            policy=name,
            simulated=bool(samples.loc[samples["policy"] == name, "simulated"].any()),
            rows=tuple(_rows(found, name)),
            left_out={},
        )
        for name in names
    ]


def _rows(found: Compared, policy: str) -> Iterator[TaskRow]:
    samples = found.tidy.samples
    for row in samples[samples["policy"] == policy].to_dict("records"):
        yield TaskRow(
            task_id=row["task_id"],
            epoch=row["epoch"],
            bin=row["bin"],
            correct=row["correct"],
            usd=row["usd"],
            usd_overhead=row["usd_bid"] + row["usd_jury"] + row["usd_refine"],
            tokens=row["tokens"],
            agent=row["agent"],
            uncounted=row["uncounted"],
        )


def plain_pages(found: Compared, options: PageOptions) -> tuple[dict[str, bytes], list[str]]:
    """The main table and the pictures, as a page, Markdown, CSV, SVG and PNG; and a sentence for each policy."""
    from sale_inspect.report.figures import draw_all, to_png, to_svg

    runs = policy_runs_of(found)
    table = summary(runs, bin_labels(runs))
    title = options.title or "What the policies solved and spent"
    said = [*found.notes, *(f"Left out: {x.count} samples of {x.log} ({x.reason})." for x in found.left_out)]
    notes = "".join(f"- {note}\n" for note in said)
    pictures: dict[str, bytes] = {}
    shown_html, shown_md = [], []
    for drawing in draw_all(found.tidy, rounds=options.rounds, seed=options.seed):
        svg = to_svg(drawing)
        pictures[f"figures/{drawing.name}.svg"] = svg.encode()
        pictures[f"figures/{drawing.name}.png"] = to_png(drawing)
        pictures[f"tables/{drawing.name}.csv"] = drawing.data.to_csv(index=False, lineterminator="\n").encode()
        shown_html.append(_figure(svg, drawing))
        alt = " ".join(drawing.alt_text.split()).replace("[", "(").replace("]", ")")
        shown_md.append(f"![{alt}](figures/{drawing.name}.png)\n\n{drawing.caption}\n")
    said_md = "\n".join(shown_md)
    files = {
        "report.md": f"# {title}\n\n{to_markdown(table)}\n{notes}\n{said_md}",
        "report.html": _html(title, table, said, "\n".join(shown_html)),
        "tables/main.csv": _csv(table),
    }
    return {**{name: text.encode() for name, text in files.items()}, **pictures}, [_sentence(run) for run in runs]


def _figure(svg: str, drawing: Drawing) -> str:
    alt, caption = html.escape(drawing.alt_text), html.escape(drawing.caption)
    return (
        f'<figure><div role="img" aria-label="{alt}">{svg}</div>\n'
        f'<figcaption>{caption} <a href="tables/{drawing.name}.csv">Data</a></figcaption></figure>'
    )


def _sentence(run: PolicyRun) -> str:
    count = len(run.rows)
    rate = fmt_rate(sum(row.correct for row in run.rows) / count)
    dollars = fmt_usd(sum(row.usd for row in run.rows) / count)
    return f"{run.policy} solved {rate} of {count} samples at {dollars} each."


def _csv(table: Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(row for section in table.sections for row in section)
    return out.getvalue()


def _html(title: str, table: Table, said: list[str], figures: str) -> str:
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in table.header)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for section in table.sections
        for row in section
    )
    notes = "\n".join(f"<li>{html.escape(note)}</li>" for note in [*table.notes, *said])
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>\n'
        f"<body><h1>{html.escape(title)}</h1><p>{html.escape(table.title)}</p>\n<table><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{rows}</tbody></table>\n<ul>{notes}</ul>\n{figures}</body></html>\n"
    )
