"""A page as one HTML file that needs nothing else: style, script and pictures are in it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from itertools import groupby

from sale_inspect.report.page._model import (
    Block,
    Callout,
    Facts,
    Link,
    PageColumn,
    PageTable,
    Picture,
    ReportPage,
    Section,
    Sentences,
    Value,
)
from sale_inspect.report.page._show import column_units, show, sort_key
from sale_inspect.texts import LINE_WIDTH
from sale_inspect.texts import html as escape

__all__ = ["to_html"]

_SHORT, _SENTENCE = 16, 24
_LONGEST_CELL = 160
_SIMULATED = "Simulated agents: no model ran; nothing here is a measurement of any model."


def to_html(page: ReportPage) -> str:
    """The page in HTML. It opens from disk without a network, and can be read without JavaScript.

    What is folded opens without JavaScript; sorting tables, finding a task and opening the part that a link names need
    it. Links to data go to `tables/NAME.csv` beside the page.
    """
    return "\n".join(_document(page)) + "\n"


def _document(page: ReportPage) -> Iterator[str]:
    assets = files("sale_inspect.report.page") / "assets"
    title = escape(page.title)
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    # Nothing is fetched, whatever a task's id or an agent's name holds. An empty icon keeps browsers from asking.
    yield (
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'; img-src data:\">"
    )
    yield '<link rel="icon" href="data:,">'
    yield f"<title>{title}</title>"
    yield f"<style>\n{(assets / 'page.css').read_text(encoding='utf-8')}</style></head>"
    yield f"<body><header><h1>{title}</h1>"
    if page.simulated:
        yield f'<p class="simulated">{_SIMULATED}</p>'
    yield "</header>"
    first, rest = [s for s in page.sections if not s.folded], [s for s in page.sections if s.folded]
    yield "<main>"
    for section in first:
        yield from _section(section, page.simulated)
    links = "".join(f'<li><a href="#{escape(s.name)}">{escape(s.title)}</a></li>' for s in rest)
    yield f'<nav aria-label="Contents"><h2>Contents</h2><ol>{links}</ol></nav>'
    for section in rest:
        yield from _section(section, page.simulated)
    yield "</main>"
    yield f"<script>\n{(assets / 'page.js').read_text(encoding='utf-8')}</script></body></html>"


def _section(section: Section, simulated: bool) -> Iterator[str]:
    name, title = escape(section.name), escape(section.title)
    head = f'<h2 id="{name}-title">{title}</h2>'
    yield f'<section id="{name}" class="{"folded" if section.folded else "first"}" aria-labelledby="{name}-title">'
    yield f"<details><summary>{head}</summary>" if section.folded else head
    for block in section.blocks:
        yield from _block(block, simulated)
    yield "</details></section>" if section.folded else "</section>"


def _block(block: Block, simulated: bool) -> Iterator[str]:
    if isinstance(block, Callout):
        yield from _callout(block)
    elif isinstance(block, Sentences):
        if block.bullets:
            yield "<ul>" + "".join(f"<li>{escape(item, LINE_WIDTH)}</li>" for item in block.items) + "</ul>"
        else:
            yield "".join(f"<p>{escape(item, LINE_WIDTH)}</p>" for item in block.items)
    elif isinstance(block, Facts):
        yield (
            "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v, LINE_WIDTH)}</dd>" for k, v in block.items) + "</dl>"
        )
    elif isinstance(block, Picture):
        yield from _picture(block)
    else:
        yield from _grid(block, simulated)


def _callout(block: Callout) -> Iterator[str]:
    kind = "callout warning" if block.warning else "callout"
    yield f'<div class="{kind}"><p class="head">{escape(block.head, LINE_WIDTH)}</p>'
    for name, text in block.lines:
        about = f'<span class="about">{escape(name)}</span> ' if name else ""
        yield f"<p>{about}{escape(text, LINE_WIDTH)}</p>"
    yield "</div>"


def _picture(picture: Picture) -> Iterator[str]:
    alt = escape(picture.alt, LINE_WIDTH)
    yield f'<figure id="figure-{picture.name}"><div class="picture" role="img" aria-label="{alt}">'
    yield f"{picture.svg}</div>"
    yield (
        f'<figcaption>{escape(picture.caption, LINE_WIDTH)} <a href="tables/{picture.name}.csv">Data</a>, '
        f'<a href="figures/{picture.name}.svg">SVG</a>, <a href="figures/{picture.name}.png">PNG</a></figcaption>'
        "</figure>"
    )


def _grid(grid: PageTable, simulated: bool) -> Iterator[str]:
    mark = "the paper's figures" if grid.paper else "simulated" if simulated else ""
    badge = f' <span class="mark">{mark}</span>' if mark else ""
    if grid.empty:
        yield f'<h3>{escape(grid.title)}{badge}</h3><p class="empty">{escape(grid.empty)}</p>'
        return
    name = escape(grid.name)
    yield f'<div class="scroll" role="region" tabindex="0" aria-labelledby="table-{name}-title">'
    yield f'<table id="table-{name}" class="sortable{" paper" if grid.paper else ""}">'
    yield f'<caption id="table-{name}-title">{escape(grid.title)}{badge} <a href="tables/{name}.csv">CSV</a></caption>'
    yield f"<thead>{_groups(grid.columns)}<tr>{''.join(_head(column) for column in grid.columns)}</tr></thead>"
    yield "<tbody>"
    units = column_units(grid.columns, grid.rows)
    for place, row in enumerate(grid.rows[: grid.shown]):
        cells = [
            _cell(value, column, unit, first=not n)
            for n, (value, column, unit) in enumerate(zip(row, grid.columns, units, strict=True))
        ]
        strong = ' class="strong"' if place == grid.strong else ""
        yield f"<tr{strong}>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"
    notes = [*grid.notes]
    if grid.shown is not None and len(grid.rows) > grid.shown:
        notes.append(f"{grid.shown:,} of {len(grid.rows):,} rows; the CSV has all.")
    if notes:
        yield '<ul class="notes">' + "".join(f"<li>{escape(note, LINE_WIDTH)}</li>" for note in notes) + "</ul>"


def _groups(columns: tuple[PageColumn, ...]) -> str:
    if not any(column.group for column in columns):
        return ""
    cells = []
    for group, members in groupby(columns, key=lambda column: column.group):
        span = f' colspan="{len(list(members))}"'
        cells.append(f'<th scope="colgroup"{span}>{escape(group)}</th>' if group else f"<td{span}></td>")
    return f'<tr class="groups">{"".join(cells)}</tr>'


def _head(column: PageColumn) -> str:
    css = "" if column.kind == "text" else ' class="n"'
    return f'<th scope="col"{css}>{escape(column.title)}</th>'


def _looks(text: str) -> str:
    """A short text stands in one line; a sentence is given some width, or a row would be as high as it has words."""
    return ' class="s"' if len(text) <= _SHORT else ' class="l"' if len(text) > _SENTENCE else ""


def _cell(value: Value, column: PageColumn, unit: str, *, first: bool) -> str:
    key = sort_key(value)
    data = "" if key is None else f' data-v="{escape(str(key), _LONGEST_CELL)}"'
    shown = show(value, column.kind, unit)
    css = _looks(shown) if column.kind == "text" else ' class="n"'
    text = escape(shown, _LONGEST_CELL)
    if isinstance(value, Link) and value.url:
        text = f'<a href="{escape(value.url)}">{text}</a>'
    return f'<th scope="row"{css}{data}>{text}</th>' if first else f"<td{css}{data}>{text}</td>"
