r"""Texts of others (ids, names, errors), made safe for the place where they are shown: once, where they leave us.

What is shown does not act and hides nothing: control, bidi and other invisible characters are written as `\u202e`,
markup and formulas are plain text. Two different texts never look the same.
"""

from __future__ import annotations

import hashlib
import html as _html
import re
import unicodedata

__all__ = [
    "LINE_WIDTH",
    "NAME_WIDTH",
    "csv_cell",
    "csv_text",
    "file_name",
    "html",
    "markdown",
    "plain",
    "rich_text",
    "visible",
]

NAME_WIDTH = 60
"""Longest name in a table, characters (ours)."""
LINE_WIDTH = 4000
"""Longest line of a text, with all that it quotes of others, characters (ours)."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# A text that already reads like one of our escapes: its backslash is escaped, so that it can be told apart.
_ESCAPED = re.compile(r"\\(?=u[0-9a-f]{4}|U[0-9a-f]{8})")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})")
# What Markdown (CommonMark, GitHub's tables, links and formulas) reads as more than itself, and no more than that: a
# table of dollars and intervals is also read as it stands.
_MARKDOWN = re.compile(
    r"""[\\`*|~] | \[(?![-+]?\$?\d[-+$\d.,%e ]*\](?![(\[:]))
    | (?<![^\W_])_ | _(?![^\W_]) | <(?=[a-z/!?]) | \$(?!\d) | &(?=\#?\w+;) | :(?=//) | (?<=www)\.
    | ^\#(?=\#*(?:\s|$)) | ^[+-](?=\s|$) | ^[=-](?=[=-]*\s*$) | ^> | ^\ """,
    re.IGNORECASE | re.VERBOSE,
)
_ITEM = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_ENTITIES = {"&": "&amp;", " ": "&#32;"}
_RICH = re.compile(r"(\\*)(\[[a-z#/@][^\[]*?\])", re.IGNORECASE)
# Spreadsheets compute a cell that begins so; some of them skip blanks, or know the wide forms.
_FORMULA = re.compile(r"'*\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_FILE = re.compile(r"[^A-Za-z0-9._+-]+")
_FILE_LENGTH = 80
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def visible(text: str, *, keep: str = "") -> str:
    r"""The text with every character that a reader cannot see as `\uXXXX`: control, bidi, zero-width, lone surrogates.

    Args:
        text: Any text.
        keep: Characters to leave as they are, for instance line ends.
    """
    if text.isprintable() and "\\" not in text:
        return text
    shown = _ESCAPED.sub(r"\\u005c", text)
    return "".join(mark if mark in keep or unicodedata.category(mark) not in _HIDDEN else _code(mark) for mark in shown)


def _code(mark: str) -> str:
    number = ord(mark)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def plain(text: str, width: int = NAME_WIDTH) -> str:
    """The text for one line of a terminal, cut in its middle to `width` characters (at least 3).

    Where Rich reads markup, use `rich_text`.
    """
    shown = visible(text[: width + 1] + text[-width:] if len(text) > 2 * width else text)
    if len(shown) <= width:
        return shown
    tail = (width - 1) // 2
    return f"{shown[: width - 1 - tail]}…{shown[-tail:]}"


def rich_text(text: str, width: int = NAME_WIDTH) -> str:
    """`plain`, with Rich's markup inert."""
    shown = _RICH.sub(lambda match: f"{match[1] * 2}\\{match[2]}", plain(text, width))
    # A backslash at the end would escape the markup that we write behind it.
    bare = shown.rstrip("\\")
    return bare + r"\u005c" * (len(shown) - len(bare))


def markdown(text: str, width: int | None = None) -> str:
    """The text for Markdown, on one line, with markup and links inert; cut as by `plain` if `width` is given."""
    shown = visible(text) if width is None else plain(text, width)
    return _ITEM.sub(r"\1\\\2", _MARKDOWN.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), shown))


def html(text: str, width: int | None = None) -> str:
    """The text for an element or an attribute of HTML; cut as by `plain` if `width` is given."""
    return _html.escape(visible(text) if width is None else plain(text, width), quote=True)


def csv_cell(text: str, *, keep: str = "") -> str:
    """The text for a cell of CSV (quotes are the writer's work). What could be a formula gets a `'` before it.

    Args:
        text: Any text.
        keep: As in `visible`; line ends of long texts, for instance.
    """
    shown = visible(text, keep=keep)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def csv_text(cell: str) -> str:
    """The text that `csv_cell` made this cell of."""
    bare = cell[1:] if cell[:1] == "'" and _FORMULA.match(cell[1:]) else cell
    return _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), bare) if "\\" in bare else bare


def file_name(text: str) -> str:
    """A name for a file: ASCII letters, digits and `._+-`, at most 80 characters.

    A text that is no such name gets eight digits of its SHA-256, so that different texts have different names.
    """
    clean = _FILE.sub("-", text[:_FILE_LENGTH]).strip("-.")
    if clean == text and not _DEVICES.fullmatch(text) and text:
        return text
    short = clean[: _FILE_LENGTH - 9]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{short}-{digest}" if short else digest
