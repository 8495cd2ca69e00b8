"""HTML and PDF to text. What comes from the web is converted in a process of its own: see `__main__.py`."""

from __future__ import annotations

import codecs
import importlib
import importlib.util
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

__all__ = ["can_read_pdf", "decoded", "html_text", "pdf_text"]

_LABEL_CHARS = 80
_MAX_LINKS = 150
_MAX_PDF_PAGES = 300
# Parsers of HTML take a time that grows with the square of the depth: 0.1 s here, minutes for ten times as much.
_MAX_DEPTH = 10_000
_BREAK = "\x1e"
_SILENT = ["script", "style", "noscript", "template", "svg", "iframe", "nav", "footer", "button", "select"]
_CELLS = ("td", "th")
_BLOCKS = frozenset((
    *("address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "fieldset"),
    *("figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p"),
    *("pre", "section", "summary", "table", "tr", "ul"),
))  # fmt: skip
# Elements that HTML closes by itself: however many there are, they do not nest.
_FLAT = frozenset((
    *("area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p"),
    *("param", "path", "source", "td", "th", "tr", "track", "wbr"),
))  # fmt: skip
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?([\w-]{2,40})", re.IGNORECASE)
_CHARSETS = re.compile(
    r"utf-(8|8-sig|16|16-be|16-le|32)|ascii|iso8859-\d+|cp(125\d|8\d\d|932|949|950)|koi8-[rtu]|mac-(roman|cyrillic)"
    r"|gb2312|gbk|gb18030|big5|big5hkscs|euc-(jp|kr)|shift-jis|iso2022-jp|johab|tis-620|hz"
)
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decoded(content: bytes, charset: str | None) -> str:
    """A text from bytes: by its mark of byte order, else `charset` if it is one of the web's, else UTF-8.

    Python knows more codecs than the web has character sets, such as `punycode`, whose time grows with the square of
    the length.
    """
    name = next((name for mark, name in _MARKS if content.startswith(mark)), charset or "utf-8")
    try:
        known = codecs.lookup(name).name.replace("_", "-")
    except (LookupError, UnicodeError, ValueError):
        known = ""
    return content.decode(known if _CHARSETS.fullmatch(known) else "utf-8", errors="replace")


def html_text(content: bytes, charset: str | None, address: str) -> tuple[str, str]:
    """Title and text of an HTML page.

    Navigation, footers, scripts and styles are left out. Cells of a table stand between bars. The
    addresses of at most 150 links follow the text, so that an agent can go on.

    Args:
        content: The page as it was sent.
        charset: Its character set as the server said it; else the page's own word is taken, else UTF-8.
        address: Address of the page, for relative links.

    Raises:
        ValueError: If its elements are nested too deep to be parsed in a bounded time.
    """
    from selectolax.lexbor import LexborHTMLParser

    named = _META_CHARSET.search(content[:4096])
    html = decoded(content, charset or (named[1].decode("ascii", errors="replace") if named else None))
    if _too_deep(html):
        raise ValueError(f"more than {_MAX_DEPTH} elements stand inside each other")
    tree = LexborHTMLParser(html)
    found = tree.css_first("title")
    title = " ".join(found.text().split()) if found is not None else ""
    tree.strip_tags(_SILENT)
    body = tree.css_first("main") or tree.body
    if body is None:
        return title, ""
    pieces, links = _walked(body, address)
    lines = (" ".join(line.split()).removesuffix(" |") for line in "".join(pieces).split(_BREAK))
    text = "\n".join(line for line in lines if line)
    if links:
        text += "\n\nLinks of this page:\n" + "\n".join(f"- {label}: {target}" for target, label in links.items())
    return title, text.strip()


def _too_deep(html: str) -> bool:
    opened: Counter[str] = Counter()
    depth = 0
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if tag[1]:
            if opened[name]:
                opened[name] -= 1
                depth -= 1
        elif name not in _FLAT:
            opened[name] += 1
            depth += 1
            if depth > _MAX_DEPTH:
                return True
    return False


def _walked(body: LexborNode, address: str) -> tuple[list[str], dict[str, str]]:
    """Pieces of text with marks where lines end on the screen, and labels of links by address."""
    pieces: list[str] = []
    links: dict[str, str] = {}
    here = address.partition("#")[0]
    begun: list[int] = []
    preformatted = 0
    for node, entering in _visits(body):
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            pieces.append(text.replace("\n", _BREAK) if preformatted else text.replace(_BREAK, " "))
        elif tag in _BLOCKS:
            pieces.append(_BREAK)
            preformatted += (1 if entering else -1) * (tag == "pre")
        elif tag in _CELLS and not entering:
            pieces.append(" | ")
        elif tag == "a" and entering:
            begun.append(len(pieces))
        elif tag == "a":
            label = " ".join("".join(pieces[begun.pop() :]).split())[:_LABEL_CHARS]
            target = _target(address, node.attributes.get("href"))
            if label and target not in (None, here) and len(links) < _MAX_LINKS:
                links.setdefault(str(target), label)
    return pieces, links


def _visits(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Each node as it is entered and as it is left, without recursion: pages may nest deep."""
    stack: list[tuple[LexborNode, bool]] = [(root, True)]
    while stack:
        node, entering = stack.pop()
        yield node, entering
        if entering and node.is_element_node:
            stack.append((node, False))
            stack += [(child, True) for child in reversed(list(node.iter(include_text=True)))]


def _target(address: str, href: str | None) -> str | None:
    try:
        target = urljoin(address, (href or "").strip()).partition("#")[0]
        return target if urlsplit(target).scheme in ("http", "https") else None
    except ValueError:
        return None


def can_read_pdf() -> bool:
    """Whether pypdf is installed."""
    return importlib.util.find_spec("pypdf") is not None


def pdf_text(content: bytes) -> str:
    """Text of a PDF file's first 300 pages, by pypdf.

    Raises:
        ValueError: If pypdf cannot read the file or finds no text in it.
    """
    # Optional, so that a type checker need not have it either.
    pypdf: Any = importlib.import_module("pypdf")
    try:
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        count = len(pages)
        texts = [f"[page {number + 1}]\n{pages[number].extract_text()}" for number in range(min(count, _MAX_PDF_PAGES))]
    # A file from the web can be broken in any way, and pypdf's own errors do not cover all of them.
    except Exception as error:
        raise ValueError(f"the PDF file cannot be read ({type(error).__name__})") from error
    if not any(text.partition("\n")[2].strip() for text in texts):
        raise ValueError("the PDF file has no text (it may hold pictures of pages)")
    if count > _MAX_PDF_PAGES:
        texts.append(f"[the other {count - _MAX_PDF_PAGES} pages are not read]")
    return "\n\n".join(texts).encode("utf-8", "replace").decode("utf-8")
