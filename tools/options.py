"""The tables of options in the docs, made from the classes of options.

    python tools/options.py            the pages whose tables are not those of the code, if any
    python tools/options.py --write    writes the tables anew

A table stands between `<!-- options of NAME: python tools/options.py --write -->` and `<!-- end of options -->`.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from sale_inspect.options import (
    HstCodingOptions,
    HstDeepSearchOptions,
    Options,
    RoutedOptions,
    SaleOptions,
    SingleOptions,
    markdown_table,
)

__all__ = ["OPTIONS", "page_with_tables", "pages"]

ROOT = Path(__file__).parents[1]
OPTIONS: dict[str, type[Options]] = {
    "sale": SaleOptions,
    "single": SingleOptions,
    "routed": RoutedOptions,
    "hst_coding": HstCodingOptions,
    "hst_deep_search": HstDeepSearchOptions,
}
_TABLE = re.compile(r"(<!-- options of (\w+): [^\n]* -->\n).*?(<!-- end of options -->)", re.DOTALL)


def page_with_tables(text: str) -> str:
    """A page with its tables of options as they are now."""
    return _TABLE.sub(lambda place: f"{place[1]}\n{markdown_table(OPTIONS[place[2]])}\n\n{place[3]}", text)


def pages() -> list[Path]:
    """The pages that have such a table."""
    return [page for page in sorted((ROOT / "docs").rglob("*.md")) if _TABLE.search(page.read_text(encoding="utf-8"))]


def main() -> int:
    """Compare, or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the tables anew")
    write = parser.parse_args().write
    stale = [page for page in pages() if page_with_tables(text := page.read_text(encoding="utf-8")) != text]
    for page in stale:
        if write:
            page.write_text(page_with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
        print(f"{page.relative_to(ROOT)}: {'written' if write else 'not as the code has it; use --write'}")
    return 0 if write or not stale else 1


if __name__ == "__main__":
    sys.exit(main())
