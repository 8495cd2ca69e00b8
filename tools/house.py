"""The house of this package, measured from its imports: rooms, arrows, circles, crowded folders; and its picture.

    python tools/house.py            the rules that are broken, if any
    python tools/house.py --write    draws docs/pictures/architecture.svg and the table in docs/architecture.md
    python tools/house.py --measure  the figures of the house

An arrow is an import, wherever it stands: at the top of a file, inside a function, or for type checking alone.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = [
    "FILES_IN_A_FOLDER",
    "FILES_OF_A_PREFIX",
    "ORDER",
    "Arrow",
    "arrows",
    "broken_rules",
    "circles",
    "measures",
    "picture",
    "reduced",
    "room_arrows",
    "room_of",
    "table",
]

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sale_inspect"
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"

FILES_IN_A_FOLDER = 20
FILES_OF_A_PREFIX = 2
ARGUMENTS = 8

ORDER: tuple[str, ...] = (
    "texts",
    "_errors",
    "_version",
    "_lazy",
    "_bounds",
    "_arrays",
    "_results",
    "_files",
    "_machines",
    "stats",
    "taus",
    "money",
    "auction",
    "embedding",
    "shards",
    "webpages",
    "bench",
    "pools",
    "options",
    "routers",
    "memory",
    "weights",
    "calibrated",
    "times",
    "checks",
    "sim",
    "outcomes",
    "replays",
    "market",
    "worlds",
    "redteam",
    "forecast",
    "runs",
    "study",
    "report/tidy",
    "report/summary",
    "report/figures",
    "report/analysis",
    "report/page",
    "report",
    "_edge",
    "_inspect/arguments",
    "_inspect/store",
    "_inspect/view",
    "_inspect/auction",
    "_inspect/tools",
    "_inspect/logs",
    "_inspect/tasks",
    "_inspect/solvers",
    "_inspect/providers",
    "_inspect/serving",
    "_inspect",
    "_registry",
    "_used",
    "dataframes",
    "_work",
    "sale_inspect",
    "_cli",
)
"""The rooms from the ground up: a room imports only rooms that stand before it. A room is a package, a wing of
`_inspect` or `report`, or a file beside them."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Arrow:
    """One import of one file by another.

    Attributes:
        importer: Path of the importing file below the package.
        imported: Path of the imported file below the package.
        line: Where the import stands.
        module: The module as it is named there.
    """

    importer: str
    imported: str
    line: int
    module: str


@cache
def modules() -> Mapping[str, Path]:
    """Files of the package by module name."""
    names = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("sale_inspect", *path.relative_to(PACKAGE).with_suffix("").parts)
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def _short(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Modules that a file imports, with the line. `from package import module` names the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((name if name in modules() else node.module, node.lineno) for name in inside)


@cache
def arrows() -> tuple[Arrow, ...]:
    """All imports among the files of the package."""
    drawn = set()
    for path in modules().values():
        for module, line in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            target = modules().get(module)
            if target is not None and target != path:
                drawn.add(Arrow(importer=_short(path), imported=_short(target), line=line, module=module))
    return tuple(sorted(drawn))


def room_of(file: str) -> str:
    """The room in which a file stands."""
    parts = file.split("/")
    if len(parts) == 1:
        return "sale_inspect" if file == "__init__.py" else file.removesuffix(".py")
    if parts[0] in ("_inspect", "report") and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def room_arrows() -> dict[str, set[str]]:
    """For each room, the rooms that it imports."""
    drawn: dict[str, set[str]] = {room_of(_short(path)): set() for path in modules().values()}
    for arrow in arrows():
        importer, imported = room_of(arrow.importer), room_of(arrow.imported)
        if importer != imported:
            drawn[importer].add(imported)
    return drawn


def circles(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Sets of places that import each other in a loop (Tarjan's strongly connected components of two and more)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    loops: list[list[str]] = []

    def visit(place: str) -> None:
        index[place] = low[place] = len(index)
        stack.append(place)
        for target in edges.get(place, ()):
            if target not in index:
                visit(target)
                low[place] = min(low[place], low[target])
            elif target in stack:
                low[place] = min(low[place], index[target])
        if low[place] == index[place]:
            loop = stack[stack.index(place) :]
            del stack[stack.index(place) :]
            if len(loop) > 1:
                loops.append(sorted(loop))

    for place in sorted(edges):
        if place not in index:
            visit(place)
    return sorted(loops)


def _file_edges() -> dict[str, set[str]]:
    edges: dict[str, set[str]] = {_short(path): set() for path in modules().values()}
    for arrow in arrows():
        edges[arrow.importer].add(arrow.imported)
    return edges


def _private_imports() -> Iterator[str]:
    for arrow in arrows():
        home = "sale_inspect." + arrow.importer.replace("/", ".")
        parts = arrow.module.split(".")
        for place, part in enumerate(parts):
            holder = ".".join(parts[:place]) + "."
            if part.startswith("_") and not home.startswith(holder):
                yield f"{arrow.importer}:{arrow.line} imports {arrow.module}, which is private to {holder[:-1]}."


def _folders() -> dict[str, list[str]]:
    folders: dict[str, list[str]] = {}
    for path in modules().values():
        folders.setdefault(_short(path.parent) if path.parent != PACKAGE else ".", []).append(path.stem)
    return folders


def _prefixes(names: Iterable[str]) -> Counter[str]:
    return Counter(name.lstrip("_").split("_")[0] for name in names if name != "__init__")


def broken_rules() -> list[str]:
    """A sentence for each place where the house breaks a rule."""
    broken = [f"Files import each other in a circle: {', '.join(loop)}." for loop in circles(_file_edges())]
    broken += [f"Rooms import each other in a circle: {', '.join(loop)}." for loop in circles(room_arrows())]
    floor = {room: place for place, room in enumerate(ORDER)}
    for arrow in arrows():
        importer, imported = room_of(arrow.importer), room_of(arrow.imported)
        unknown = {importer, imported} - floor.keys()
        if unknown:
            broken.append(f"{', '.join(sorted(unknown))}: not in ORDER of tools/house.py. Say where it stands.")
        elif floor[importer] < floor[imported]:
            broken.append(f"{arrow.importer}:{arrow.line} imports {imported}, which stands above {importer}.")
    broken += list(_private_imports())
    for folder, names in _folders().items():
        if len(names) > FILES_IN_A_FOLDER:
            broken.append(f"{folder} has {len(names)} files; {FILES_IN_A_FOLDER} are the most.")
        for prefix, count in _prefixes(names).items():
            if count > FILES_OF_A_PREFIX:
                broken.append(f"{folder} has {count} files whose names begin with {prefix!r}: give them a folder.")
    return sorted(set(broken))


def sentence_of(room: str) -> str:
    """What a room is for: the first sentence of its docstring."""
    path = PACKAGE if room == "sale_inspect" else PACKAGE / room
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def lines_of(room: str) -> int:
    """Lines of source in a room, without its inner rooms."""
    files = [path for path in modules().values() if room_of(_short(path)) == room]
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


def reduced(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The arrows that remain when each that follows from others is left out."""

    @cache
    def below(room: str) -> frozenset[str]:
        return frozenset(edges[room]).union(*(below(target) for target in edges[room]))

    return {
        room: {target for target in targets if not any(target in below(other) for other in targets)}
        for room, targets in edges.items()
    }


def _floors(edges: Mapping[str, set[str]]) -> dict[str, int]:
    floors: dict[str, int] = {}
    for room in sorted(edges, key=ORDER.index):
        floors[room] = 1 + max((floors[target] for target in edges[room]), default=-1)
    return floors


_BOX, _GAP, _ROW, _EDGE = 138, 22, 104, 36
# Every room imports these two, so their arrows would hide the others.
_NOT_DRAWN = ("_errors", "_version")
_COLOURS = {"core": "#e8f0fb", "report": "#e9f5ea", "_inspect": "#fdf1e0", "top": "#efe8f7"}


def _colour(room: str) -> str:
    first = room.split("/")[0]
    if first in ("_cli", "_work", "sale_inspect", "_registry", "dataframes", "_edge"):
        return _COLOURS["top"]
    return _COLOURS.get(first, _COLOURS["core"])


def _places(edges: Mapping[str, set[str]], floors: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Middle of each box. Rooms of a floor stand near the rooms that they import, so that few arrows cross."""
    top = max(floors.values())
    rows = [[room for room in ORDER if floors.get(room) == floor] for floor in range(top + 1)]
    width = max(len(row) for row in rows) * (_BOX + _GAP)
    middle: dict[str, float] = {}
    for row in rows:
        wanted = {
            room: sum(middle[target] for target in edges[room]) / len(edges[room]) if edges[room] else 0.0
            for room in row
        }
        ordered = sorted(row, key=lambda room: (wanted[room], ORDER.index(room)))
        start = (width - len(row) * (_BOX + _GAP)) / 2
        for place, room in enumerate(ordered):
            middle[room] = start + (place + 0.5) * (_BOX + _GAP)
    return {room: (_EDGE + middle[room], _EDGE + (top - floors[room]) * _ROW + 24) for room in middle}


def _drawn(room: str) -> bool:
    return lines_of(room) > 1 and room not in _NOT_DRAWN


def picture() -> str:
    """The rooms by floor as SVG: each above all that it imports, an arrow for each import that does not follow."""
    edges = {room: targets for room, targets in room_arrows().items() if _drawn(room)}
    edges = {room: {target for target in targets if target in edges} for room, targets in edges.items()}
    few, floors = reduced(edges), _floors(edges)
    places = _places(few, floors)
    width = max(x for x, _ in places.values()) + _BOX / 2 + _EDGE
    height = max(y for _, y in places.values()) + 24 + _EDGE
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        'aria-labelledby="t" font-family="Helvetica, Arial, sans-serif">',
        '<title id="t">The rooms of sale_inspect; each stands above all that it imports</title>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]
    for room in ORDER:
        for target in sorted(few.get(room, ()), key=ORDER.index):
            (x1, y1), (x2, y2) = places[room], places[target]
            bend = (y2 - y1) / 2
            lines.append(
                f'<path d="M{x1:.0f} {y1 + 22:.0f} C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} '
                f'{x2:.0f} {y2 - 22:.0f}" fill="none" stroke="#8a94a3" stroke-width="1.1"/>'
            )
            lines.append(f'<path d="M{x2 - 4:.0f} {y2 - 29:.0f} l4 7 l4 -7 z" fill="#8a94a3"/>')
    for room in ORDER:
        if room not in places:
            continue
        x, y = places[room]
        lines.append(
            f'<rect x="{x - _BOX / 2:.0f}" y="{y - 22:.0f}" width="{_BOX}" height="44" rx="5" fill="{_colour(room)}" '
            'stroke="#5b6675"/>'
        )
        lines.append(
            f'<text x="{x:.0f}" y="{y + 5:.0f}" font-size="14" text-anchor="middle" fill="#1c2430">{room}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


def table() -> str:
    """One line for each room, from the top floor down."""
    rooms = [room for room in reversed(ORDER) if room in room_arrows() and lines_of(room) > 1]
    rows = [f"| `{room}` | {sentence_of(room)} |" for room in rooms]
    return "\n".join(["| room | what it is for |", "| --- | --- |", *rows])


def _functions(folder: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return len([argument for argument in named if argument.arg not in ("self", "cls")])


def _lines(folder: Path, leave_out: str = "") -> int:
    files = [path for path in folder.rglob("*.py") if not leave_out or leave_out not in path.as_posix()]
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


def measures() -> dict[str, float]:
    """The figures of the house."""
    wings = {room: {to for to in targets if to.startswith("_inspect")} for room, targets in room_arrows().items()}
    flat = [path for path in (PACKAGE / "_inspect").glob("*.py") if path.stem != "__init__"]
    source = _lines(PACKAGE)
    return {
        "source files": len(modules()),
        "source lines": source,
        "test lines / source lines": round(_lines(ROOT / "tests", "/programs/") / source, 2),
        "flat files in _inspect": len(flat),
        "arrows between wings of _inspect": sum(
            len(targets) for room, targets in wings.items() if room.startswith("_inspect/")
        ),
        "most files in a folder": max(len(names) for names in _folders().values()),
        "circles": len(circles(_file_edges())) + len(circles(room_arrows())),
        "functions with 8 or more arguments": sum(_arguments(each) >= ARGUMENTS for each in _functions(PACKAGE)),
        "broken rules": len(broken_rules()),
    }


_BEGIN, _END = "<!-- rooms: python tools/house.py --write -->", "<!-- end of rooms -->"


def page_with_table(text: str) -> str:
    """The page with the table of rooms as it is now."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n\n{table()}\n\n{_END}{after}"


def main() -> int:
    """Say what is broken, or write, or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="draw the picture and the table of docs/architecture.md")
    parser.add_argument("--measure", action="store_true", help="print the figures of the house")
    options = parser.parse_args()
    if options.write:
        PICTURE.write_text(picture(), encoding="utf-8")
        PAGE.write_text(page_with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    if options.measure:
        for name, value in measures().items():
            print(f"{name:36} {value:>8,g}")
        return 0
    broken = broken_rules()
    print("\n".join(broken) or "The house keeps its rules.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
