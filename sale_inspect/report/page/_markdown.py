"""A page as Markdown, with pictures and tables as files beside it."""

from __future__ import annotations

from collections.abc import Iterator

from sale_inspect.report.page._model import (
    Block,
    Callout,
    Facts,
    Link,
    PageTable,
    Picture,
    ReportPage,
    Sentences,
    Value,
)
from sale_inspect.report.page._show import column_units, show
from sale_inspect.texts import LINE_WIDTH, markdown, visible

__all__ = ["to_markdown_page"]

_LONGEST_CELL = 160


def to_markdown_page(page: ReportPage) -> str:
    """The page in Markdown: pictures from `figures/NAME.png`, whole tables in `tables/NAME.csv`."""
    lines = [f"# {markdown(page.title)}", ""]
    if page.simulated:
        lines += ["**Simulated agents: no model ran; nothing here is a measurement of any model.**", ""]
    for section in page.sections:
        lines += [f"## {markdown(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block, page.simulated), ""]
    return "\n".join(lines).rstrip() + "\n"


def _block(block: Block, simulated: bool) -> Iterator[str]:
    if isinstance(block, Callout):
        first, *others = ((f"{name}: " if name else "") + text for name, text in (("", block.head), *block.lines))
        yield f"**{markdown(first, LINE_WIDTH)}**"
        yield ""
        yield from (f"- {markdown(line, LINE_WIDTH)}" for line in others)
    elif isinstance(block, Sentences):
        yield from (f"{'- ' if block.bullets else ''}{markdown(item, LINE_WIDTH)}" for item in block.items)
    elif isinstance(block, Facts):
        yield from (f"- {markdown(name)}: {markdown(value, LINE_WIDTH)}" for name, value in block.items)
    elif isinstance(block, Picture):
        yield f"![{markdown(' '.join(block.alt.split()), LINE_WIDTH)}](figures/{block.name}.png)"
        yield ""
        yield markdown(block.caption, LINE_WIDTH)
    else:
        yield from _grid(block, simulated)


def _grid(grid: PageTable, simulated: bool) -> Iterator[str]:
    mark = " (the paper's figures)" if grid.paper else " (simulated)" if simulated else ""
    yield f"**{markdown(grid.title)}{mark}**"
    yield ""
    if grid.empty:
        yield markdown(grid.empty)
        return
    yield _row([markdown(f"{column.group} {column.title}".strip()) for column in grid.columns])
    yield _row(["---" if column.kind == "text" else "---:" for column in grid.columns])
    units = column_units(grid.columns, grid.rows)
    for place, row in enumerate(grid.rows[: grid.shown]):
        cells = [_cell(v, show(v, c.kind, unit)) for v, c, unit in zip(row, grid.columns, units, strict=True)]
        yield _row([f"**{cell}**" for cell in cells] if place == grid.strong else cells)
    yield ""
    yield from (f"- {markdown(note, LINE_WIDTH)}" for note in grid.notes)
    if grid.shown is not None and len(grid.rows) > grid.shown:
        yield f"- {grid.shown:,} of {len(grid.rows):,} rows; all are in tables/{grid.name}.csv."


def _cell(value: Value, text: str) -> str:
    if isinstance(value, Link) and value.url:
        return f"[{markdown(text, _LONGEST_CELL)}](<{_address(value.url)}>)"
    return text if text == "-" else markdown(text, _LONGEST_CELL)


def _address(url: str) -> str:
    """An address inside `<` and `>`, in a cell of a table: what would end either is quoted as addresses are."""
    return visible(url).translate({ord(mark): f"%{ord(mark):02X}" for mark in "<>|\\ "})


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
