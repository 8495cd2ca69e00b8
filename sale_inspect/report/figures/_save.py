"""Drawings as SVG and PNG."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from sale_inspect.report.figures._style import INK, Drawing, style
from sale_inspect.texts import html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_png", "to_png", "to_svg"]


def _settle(figure: Figure) -> None:
    """Place everything once: each further pass of the layout would move it by a hair, and so change the bytes."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
        figure.draw_without_rendering()
        figure.set_layout_engine("none")


def to_svg(drawing: Drawing) -> str:
    """The picture as an `<svg>` element: stands alone as a file, or inline in HTML.

    The same data give the same text: no date, ids from the drawing's name. All ids begin with the name, so pictures
    on one page do not clash. Ink is `currentColor`.
    """
    made = io.StringIO()
    with style(drawing.name):
        _settle(drawing.figure)
        drawing.figure.savefig(made, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = made.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{drawing.name}-", text)
    text = text.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    # matplotlib's style sheet would rule the whole page that the picture stands in.
    text = re.sub(r"<defs>\s*<style[^>]*>\*\{([^}]*)\}</style>\s*</defs>", r'<g style="\1">', text, count=1)
    text = text[: text.rindex("</svg>")] + "</g>\n</svg>\n"
    # A name for screen readers, also where the file stands alone.
    named = f'<title id="{drawing.name}-svg-title">{html(drawing.title)}</title>'
    text = re.sub(r"<svg\b([^>]*)>", rf'<svg role="img" aria-labelledby="{drawing.name}-svg-title"\1>', text, count=1)
    text = text.replace(">", ">\n" + named, 1)
    return text.replace(INK, "currentColor")


def to_png(drawing: Drawing, *, dpi: int = 160) -> bytes:
    """The picture as PNG on white.

    Args:
        drawing: The picture.
        dpi: Pixels per inch; 160 gives 1024 pixels of width.
    """
    with style(drawing.name):
        _settle(drawing.figure)
        return save_png(drawing.figure, dpi)


def save_png(figure: Figure, dpi: int) -> bytes:
    """A figure as PNG on white, with nothing in it of when and by what it was made."""
    made = io.BytesIO()
    figure.savefig(made, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return made.getvalue()
