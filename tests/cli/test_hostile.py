"""Whatever names others gave their logs, pools, memories, routers and tables: no command is led by them."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlparse

import click
import pytest
from click.testing import CliRunner, Result
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from markdown_it import MarkdownIt

import sale_inspect
from sale_inspect._cli import main
from sale_inspect._inspect.tasks import hst_coding
from sale_inspect.auction import PastAuction, PastPlan
from sale_inspect.memory import MemoryStore
from sale_inspect.times import TIMES_COLUMNS

NAMES = {
    "acting": "[red]x[/red] [/nope] [link=http://evil.test]l[/link]\n"
    "BETTER: y wins\rFAKE LINE\x1b]0;TITLE\x07 \u202egnp.exe "
    "a\x00b | <script>alert(1)</script> ![i](http://evil.test/i.png) http://evil.test `c` $x$ &lt; \\",
    "formula": '=HYPERLINK("http://evil.test","x")',
    "long": "n" * 20_000,
    "like an escape": "\\u202e [bold]",
}
"""Names of everything, one at a time; the first has all that acts on a terminal or a page."""

COMMANDS: dict[str, str] = {
    "ablate": "ablate LOGS",
    "bench build": "bench build --recipe FILE --offline -o NEW.json",
    "bench check": "bench check FILE --offline",
    "bench corpus": "bench corpus PAGES -o NEW",
    "bench status": "bench status --recipe FILE --offline",
    "doctor": "doctor --pool POOL --no-call",
    "fit": "fit LOGS -o NEW.json",
    "memory clean": "memory clean",
    "memory compact": "memory compact MEMORY --at-most 1 --dry-run",
    "memory export": "memory export MEMORY -o NEW.jsonl",
    "memory import": "memory import NEW.db FILE",
    "memory index": "memory index MEMORY",
    "memory query": "memory query MEMORY sort",
    "memory show": "memory show MEMORY",
    "outcomes": "outcomes LOGS -o NEW.csv",
    "plan": "plan --tasks 10 --like LOGS --json NEW.json",
    "replay": "replay TABLE --router zero --rounds 100 --embedder hashing --json NEW.json",
    "report": "report LOGS -o NEW --exclude no-tau --no-cache",
    "table": "table LOGS --exclude no-tau",
    "times aggregate": "times aggregate --csv TIMES --min-annotators 2 -o NEW.csv",
    "times judge": "times judge AGGREGATED",
    "times plan": "times plan TIMED --width 1.01x -o NEW.csv",
    "train": "train TABLE --router zero --embedder hashing -o NEW",
}
MARKDOWN = ("ablate", "plan", "replay", "table")
NO_TEXTS_OF_OTHERS = {
    "demo": "packaged tasks and agents",
    "serve": "shows its address only; what it tells clients of others is in tests/serving",
    "simulate": "numbers of its own",
    **{
        f"study {name}": "the user's own file and folder; what it shows of others is drawn as by report"
        for name in ("add-agent", "collect", "init", "reprice", "run", "schema", "status", "verify")
    },
    "times collect": "needs a person",
}


def walked(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    for name in command.list_commands(click.Context(command)):
        inner = command.get_command(click.Context(command), name)
        assert inner is not None
        yield from walked(inner, (*path, name))


def test_every_command_is_tried_here() -> None:
    assert {*walked(main)} == COMMANDS.keys() | NO_TEXTS_OF_OTHERS.keys()
    assert all("--markdown" in CliRunner().invoke(main, [name, "--help"]).output for name in MARKDOWN)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[EvalLog, ...]:
    """SALE and two agents alone, with names that can be told apart from all other words."""
    folder = tmp_path_factory.mktemp("evaluated")
    text = Path(sale_inspect.pools.__file__).with_name("sim.yaml").read_text(encoding="utf-8")
    for number, name in enumerate(("4b", "8b", "14b", "32b")):
        text = re.sub(rf"name: *[\"']?{name}[\"']?$", f"name: AGENT{number}", text, flags=re.MULTILINE)
    (folder / "pool.yaml").write_text(re.sub(r"^name: .*$", "name: POOLNAME", text, flags=re.MULTILINE))
    pool = str(folder / "pool.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        task = hst_coding(set="mini", bins="b1", sandbox="local")
        solvers = [sale_inspect.sale(pool=pool, memory="off")]
        solvers += [sale_inspect.single(f"AGENT{number}", pool=pool) for number in range(4)]
        return tuple(
            read_eval_log(
                inspect_eval(
                    task,
                    solver=solver,
                    limit=3,
                    log_dir=str(folder / "logs"),
                    display="none",
                    log_realtime=False,
                    metadata={"note": "METADATA"},
                    tags=["TAGS"],
                )[0].location
            )
            for solver in solvers
        )


def renamed(log: EvalLog, name: str, place: Path) -> None:
    """The log, in which agents, tasks, pool, models, answers and metadata are called so."""
    write_eval_log(log, str(place))
    inside = json.dumps(name)[1:-1]
    text = place.read_text(encoding="utf-8")
    words = ("AGENT", "mini-coding", "POOLNAME", "METADATA", "TAGS", "hst-sim/", "hst_unit_tests")
    # Long names make large logs; a few are enough to see that they are cut.
    for word in words if len(name) < 1000 else ("AGENT0", "POOLNAME"):
        text = text.replace(word, f"{inside} {word}" if word != "hst-sim/" else f"{word}{inside}")
    place.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module", params=NAMES)
def named(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, evaluated: tuple[EvalLog, ...]
) -> tuple[str, Path]:
    """A hostile name, and a folder of inputs in which it stands wherever a name can."""
    name, folder = NAMES[request.param], tmp_path_factory.mktemp("named")
    (folder / "logs").mkdir()
    for number, log in enumerate(evaluated):
        renamed(log, name, folder / "logs" / f"2026-01-01T00-00-0{number}_coding_{number}.json")
    rows = [
        {
            "question": f"Task {number}: {('sort', 'parse', 'solve')[number % 3]} {name}.",
            "scores": {f"{name}": float(number % 3 == 0), f"{name}2": float(number % 7 != 0)},
            "dollars": {f"{name}": 0.001, f"{name}2": 0.01},
        }
        for number in range(20)
    ]
    (folder / "wide.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    sale_inspect.read_outcomes(folder / "wide.jsonl", file=folder / "table.parquet")
    pages = [{"title": f"{name} {number}", "text": name} for number in range(2)]
    (folder / "pages.jsonl").write_text("\n".join(map(json.dumps, pages)), encoding="utf-8")
    (folder / "file").write_text(json.dumps({"name": name, name: [name], "schema_version": name}), encoding="utf-8")
    (folder / "pool.yaml").write_text(json.dumps({"name": name, "agents": [{"name": name, "model": name}]}))
    with MemoryStore(folder / "memory.db") as store:
        store.start_run(f"run {name}"[:60], pool=name, agents={name: name}, embedder="hashing-1024")
        for place in range(3):
            past = PastAuction(
                epoch=1,
                position=place,
                task=f"sort {name} {place}",
                plans=(PastPlan(agent=name, identity="", refined=False, text=name),),
                provisional_winner=name,
                winner=name,
                solved=True,
            )
            store.settle(f"run {name}"[:60], 1, place, f"{place} {name}", past)
    with (folder / "times.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task_id", "annotator", "minutes", "correct"])
        writer.writerows([[f"t {name}", f"{name} {who}", 3 + who, "true"] for who in range(3)])
    with (folder / "aggregated.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TIMES_COLUMNS)
        writer.writerows([[task, 1.0, 3, 0, 0.5] for task in ("mini-coding-b1-01", f"t {name}")])
    with (folder / "timed.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "agent", "correct", "dollars", "source", "tau", "tau_form", "tau_low", "tau_high"])
        for number in range(60):
            tau = 2.0 ** (number % 10 - 4)
            solved = float(number % 10 < 4 + number // 10 % 3)
            writer.writerow([f"{number} {name}", name, solved, 0.01, name, tau, "proxy", tau / 4, tau * 4])
    return name, folder


def run(command: str, folder: Path, place: Path, *more: str) -> Result:
    names = {
        "LOGS": folder / "logs",
        "TABLE": folder / "table.parquet",
        "MEMORY": folder / "memory.db",
        "POOL": folder / "pool.yaml",
        "PAGES": folder / "pages.jsonl",
        "TIMES": folder / "times.csv",
        "AGGREGATED": folder / "aggregated.csv",
        "TIMED": folder / "timed.csv",
        "FILE": folder / "file",
    }
    words = [
        str(names.get(word, place / word.lower() if word.startswith("NEW") else word))
        for word in COMMANDS[command].split()
    ]
    return CliRunner().invoke(main, [*words, *more])


def check_terminal(ran: Result) -> None:
    """No traceback, nothing hidden, and no line that others began."""
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    assert "Traceback" not in ran.output
    hidden = {mark for mark in ran.output if unicodedata.category(mark) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}
    assert hidden <= {"\n"}
    for line in ran.output.splitlines():
        assert not line.strip(" │┃|-").startswith(("BETTER", "FAKE")), line
        assert len(line) < 10_000


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HST_DATA_DIR", raising=False)
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)


FAILS = {"bench build", "bench check", "bench status", "doctor", "memory import", "memory index"}
"""Commands whose hostile file is an error: it is the error that must not act."""


@pytest.mark.parametrize("command", COMMANDS)
def test_the_terminal_shows_what_is_there_and_nothing_else(
    command: str, named: tuple[str, Path], tmp_path: Path
) -> None:
    _, folder = named
    ran = run(command, folder, tmp_path)
    check_terminal(ran)
    assert (ran.exit_code != 0) is (command in FAILS), ran.output[:3000]
    for file in tmp_path.glob("new*"):
        check_files(file)
    if command in MARKDOWN:
        (tmp_path / "again").mkdir()
        again = run(command, folder, tmp_path / "again", "--markdown")
        check_terminal(again)
        check_markdown(again.stdout)


def leads_away(address: str) -> bool:
    """Whether an address is theirs; inside the path of ours a task's name may stand."""
    ours = ("http://127.0.0.1", "#", "tables/", "figures/", "data:,")
    return "evil" in urlparse(address).netloc or not address.startswith(ours)


def check_files(place: Path) -> None:
    """What was written has names of ours, opens no address, runs no script and computes no formula."""
    for file in [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]:
        assert re.fullmatch(r"[a-zA-Z0-9_.+-]{1,80}", file.name), file.name
        if file.suffix == ".csv":
            with file.open(encoding="utf-8", newline="") as rows:
                for row in csv.reader(rows):
                    assert not any(cell.lstrip()[:1] in tuple("=@") for cell in row), row
        elif file.suffix == ".md":
            check_markdown(file.read_text(encoding="utf-8"))
        elif file.suffix in (".html", ".svg"):
            tags = _Tags()
            tags.feed(file.read_text(encoding="utf-8"))
            assert not any(leads_away(address) for address in tags.addresses)
            assert tags.scripts <= 1


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "action")]
        assert not any(name.startswith("on") for name, _ in attrs)


def check_markdown(text: str) -> None:
    parsed = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    for token in parsed:
        assert token.type != "html_block", token.content
        for child in token.children or ():
            assert child.type != "html_inline", child.content
            assert not any(leads_away(str(child.attrs[key])) for key in ("href", "src") if key in child.attrs), child
    for line in text.splitlines():
        assert not line.startswith(("BETTER", "FAKE"))


@pytest.mark.parametrize("name", [*NAMES.values(), "half \ud83d"])
def test_an_error_is_one_line_of_ours(name: str) -> None:
    error = sale_inspect.LogError(f"Log {name} cannot be read.", f"- {name}")
    lines = str(error).split("\n")
    assert len(lines) == 2 and lines[0].startswith("Log ") and lines[1].startswith("- ")
    assert all(len(line) <= 4000 and line.isprintable() for line in lines)
