"""What a real pseudo-terminal of 60, 80 and 120 columns shows: whole labels, no broken line, no empty column."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

import sale_inspect
from sale_inspect import ReplayRequest
from sale_inspect._cli._draw import show_table
from sale_inspect._cli._replay import _show as show_replay
from sale_inspect.money import Entry, TokenUsage
from sale_inspect.report.summary import summary
from sale_inspect.runs import LogHead, PolicyRun, Runs, SampleFacts
from sale_inspect.study import Decision, FastLine, OraclePoint, Standing, decision_table, demo_table
from sale_inspect.texts import Table

WIDTHS = [60, 80, 120]
BINS = {f"b{at}": f"b{at} (<= {minutes:g} min)" for at, minutes in enumerate((0.1, 0.5, 2.5, 12.5, 60), 1)}


def shown(width: int, draw: Callable[[], object]) -> list[str]:
    """The lines that a terminal of this width gets from a process of its own."""
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - the child
        try:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
            os.environ.pop("COLUMNS", None)
            # pytest has put its own files in place of these.
            with os.fdopen(1, "w", encoding="utf-8", closefd=False) as out:
                sys.stdout, sys.stderr = out, open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
                draw()
        finally:
            os._exit(0)
    parts = []
    while True:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:
            # Linux says so when the other end is closed.
            break
        if not part:
            break
        parts.append(part)
    os.waitpid(child, 0)
    os.close(terminal)
    text = b"".join(parts).decode()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n").splitlines()


def columns(lines: list[str]) -> list[list[str]]:
    """The cells of each column, its header's lines too."""
    rows = [re.split("[│┃]", line)[1:-1] for line in lines if line.startswith(("│", "┃"))]
    assert rows, lines
    assert len({len(row) for row in rows}) == 1, "every row has every column"
    return [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]


def table() -> Table:
    """What `sale-inspect table` draws: two policies, five bins."""
    runs = [
        PolicyRun(
            head=LogHead(log=f"{policy}.eval"),
            sample=SampleFacts(sample_id=name, metadata={"bin": name}, agent="32b", ledger_policy=policy),
            kind="single",
            policy=policy,
            agent_name="32b",
            task=name,
            score=1.0,
            entries=(
                Entry(
                    phase="execute",
                    agent="32b",
                    model="m",
                    calls=1,
                    usage=TokenUsage(input=123_456),
                    usd=usd,
                    seconds=0.0,
                ),
            ),
        )
        for policy, usd in (("SALE, jury panel", 0.0123), ("32b alone", 123.45))
        for name in BINS
    ]
    return replace(summary(Runs(runs=tuple(runs), heads=(), left_out=()), BINS), needed=("all",))


def decision() -> Decision:
    def standing(name: str, solved: float, usd: float) -> Standing:
        return Standing(
            name=name, solved=solved, solved_low=solved - 0.2, solved_high=solved + 0.2, usd=usd, usd_low=None,
            usd_high=None, beats=False, reason="", mix=solved,
        )  # fmt: skip

    return Decision(
        use="32b alone", baseline="32b alone", tasks=32, confidence=0.95, simulated=True, sentence="Use 32b alone.",
        standings=(standing("32b alone", 0.56, 0.0328), standing("sale-calibrated", 0.56, 0.0321)),
        oracle=OraclePoint(solved=0.6, usd=0.006),
    )  # fmt: skip


TABLES: dict[str, Callable[[], Table]] = {
    "table": table,
    "study": lambda: decision_table(decision()),
    "demo": lambda: demo_table(decision(), [FastLine(policy="32b alone", solved=0.64, usd=0.0214)]),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", list(TABLES))
def test_a_terminal_of_any_width_shows_whole_labels_and_no_empty_column(name: str, width: int) -> None:
    made = TABLES[name]()
    lines = shown(width, lambda: show_table(made))
    assert max(map(cell_len, lines)) <= width
    found = columns(lines)
    policies = {row[0] for section in made.sections for row in section if row[0]}
    assert policies <= set(found[0]), "a label stands in one line, whole"
    titles = [" ".join(" ".join(cells).split()) for cells in found]
    assert all(titles), "no column is empty"
    kept = [name for name in made.header if any(title.startswith(name) for title in titles)]
    assert len(kept) == len(found) >= 3
    assert set(made.needed) <= set(kept)
    left_out = [name for name in made.header if name not in kept]
    said = " ".join(" ".join(lines).split())
    assert all(f"{name}" in said.partition("Too narrow for all columns")[2] for name in left_out)
    if width >= 80 and name != "table":
        assert not left_out, "80 columns are enough"


@pytest.mark.parametrize("width", WIDTHS)
def test_replay_answers_first_and_then_draws_one_table(width: int, tmp_path: Path) -> None:
    rows = [
        f"t{at},{who},{int(at % 10 > 0 if who == 'large' else at % 2)},{usd},text {at % 2} {at}"
        for at in range(80)
        for who, usd in (("small", 0.001), ("large", 0.01))
    ]
    table = tmp_path / "runs.csv"
    table.write_text("task,agent,correct,dollars,text\n" + "\n".join(rows), encoding="utf-8")
    request = ReplayRequest(routers=("zero",), embedder="hashing", rounds=100, keep_pass=0.9)
    made = sale_inspect.replay(table, request)
    lines = shown(width, lambda: show_replay(made))
    assert max(map(cell_len, lines)) <= width
    said = " ".join(" ".join(lines).split())
    assert said.startswith("Cheapest router that keeps 90% of large's pass@1: ")
    assert sum(line.startswith("┏") for line in lines) == 1, "one table"
    assert {"large alone", "small alone", "random, expected", "oracle"} <= set(columns(lines)[0])
    assert len(lines) < 40
