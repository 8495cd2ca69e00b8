"""Outputs destroy nothing: the same rules for every place that any command writes to."""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from inspect_ai import eval as inspect_eval

import sale_inspect
from sale_inspect._cli import main
from sale_inspect._files import write_file
from sale_inspect._inspect.tasks import hst_coding
from sale_inspect._results import result_rules
from sale_inspect.auction import PastAuction, PastPlan
from sale_inspect.memory import MemoryStore

FLAGS = {"-o", "--json", "--plots"}
"""Every option that names a place to write to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """How one option of one command is tried.

    Attributes:
        words: The command; INPUT stands for what it reads, OUTPUT for the place of its result.
        reads: What it reads, in the folder of inputs.
        file: The file that must not be lost, from the place of the result; "" if the place is a file itself.
    """

    words: str
    reads: str
    file: str = ""


OUTPUTS: dict[tuple[str, str], Output] = {
    ("outcomes", "-o"): Output(words="outcomes INPUT -o OUTPUT", reads="wide.jsonl"),
    ("train", "-o"): Output(
        words="train INPUT --router zero --embedder hashing -o OUTPUT", reads="outcomes.parquet", file="zero.npz"
    ),
    ("replay", "--json"): Output(
        words="replay INPUT --router zero --embedder hashing --rounds 100 --json OUTPUT", reads="outcomes.parquet"
    ),
    ("report", "-o"): Output(words="report INPUT --no-cache -o OUTPUT", reads="outcomes.parquet", file="report.html"),
    ("fit", "-o"): Output(words="fit INPUT -o OUTPUT", reads="sale.eval"),
    ("fit", "--json"): Output(words="fit INPUT --json OUTPUT", reads="sale.eval"),
    ("ablate", "--json"): Output(words="ablate INPUT --json OUTPUT", reads="sale.eval"),
    ("table", "--json"): Output(words="table INPUT --json OUTPUT", reads="sale.eval"),
    ("doctor", "--json"): Output(words="doctor --pool INPUT --no-call --json OUTPUT", reads="pool.yaml"),
    ("plan", "--json"): Output(words="plan --tasks 10 --pool INPUT --json OUTPUT", reads="pool.yaml"),
    ("simulate", "--json"): Output(words="simulate --study agents --auctions 20 --json OUTPUT", reads=""),
    ("simulate", "--plots"): Output(
        words="simulate --study agents --auctions 20 --plots OUTPUT", reads="", file="agents.png"
    ),
    ("bench build", "-o"): Output(
        words="bench build --offline --sources mbpp --recipe INPUT -o OUTPUT", reads="recipe.yaml"
    ),
    ("bench corpus", "-o"): Output(words="bench corpus INPUT -o OUTPUT", reads="pages.jsonl", file="pages.jsonl"),
    ("memory export", "-o"): Output(words="memory export INPUT -o OUTPUT", reads="memory.db"),
    ("study run", "--json"): Output(words="study run INPUT --forecast --json OUTPUT", reads="study.yaml"),
    ("study status", "--json"): Output(words="study status INPUT --json OUTPUT", reads="study.yaml"),
    ("times plan", "-o"): Output(words="times plan INPUT --width 1.01x -o OUTPUT", reads="timed.csv"),
    ("times aggregate", "-o"): Output(words="times aggregate --csv INPUT -o OUTPUT", reads="stopwatch.csv"),
}
SUFFIXES = {("outcomes", "-o"): ".csv"}
every_output = pytest.mark.parametrize("of", OUTPUTS, ids=" ".join)
with_input = pytest.mark.parametrize("of", [of for of in OUTPUTS if OUTPUTS[of].reads], ids=" ".join)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HST_DATA_DIR", raising=False)
    monkeypatch.delenv("SALE_MINILM_DIR", raising=False)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small inputs of every command."""
    folder = tmp_path_factory.mktemp("inputs")
    rows = [
        {
            "question": f"Task {number}: {('sort', 'parse', 'solve')[number % 3]} it.",
            "scores": {"small": float(number % 3 == 0), "large": float(number % 7 != 0)},
            "dollars": {"small": 0.001, "large": 0.01},
        }
        for number in range(20)
    ]
    (folder / "wide.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    sale_inspect.read_outcomes(folder / "wide.jsonl", file=folder / "outcomes.parquet")
    package = files("sale_inspect")
    (folder / "pool.yaml").write_bytes((package / "pools" / "sim.yaml").read_bytes())
    (folder / "study.yaml").write_text(
        "name: s\npool: sim\ntasks: [{task: sale_inspect/hst_deep_search, args: {set: mini}}]\n"
        "split: {dev_share: 0.4}\n",
        encoding="utf-8",
    )
    (folder / "recipe.yaml").write_bytes((package / "bench" / "data" / "recipes" / "hst-bench.yaml").read_bytes())
    (folder / "pages.jsonl").write_text(json.dumps({"title": "Lake", "text": "Water."}) + "\n", encoding="utf-8")
    timed = ["task,agent,correct,dollars,tau,tau_form,tau_low,tau_high"]
    for number in range(60):
        tau, solved = 2.0 ** (number % 10 - 4), int(number % 10 < 4 + number // 10 % 3)
        timed.append(f"t{number},a,{solved},0.01,{tau},proxy,{tau / 4},{tau * 4}")
    (folder / "timed.csv").write_text("\n".join(timed), encoding="utf-8")
    attempts = [f"mbpp-1,{who},{minutes},true" for who, minutes in (("anna", 3), ("ben", 4), ("cleo", 5))]
    (folder / "stopwatch.csv").write_text("task_id,annotator,minutes,correct\n" + "\n".join(attempts) + "\n")
    with MemoryStore(folder / "memory.db") as store:
        store.start_run("run", pool="sim", agents={}, embedder="hashing-1024")
        for place in range(3):
            past = PastAuction(
                epoch=1,
                position=place,
                task=f"Sort {place}",
                plans=(PastPlan(agent="8b", identity="", refined=False, text="p"),),
                provisional_winner="8b",
                winner="8b",
                solved=True,
            )
            store.settle("run", 1, place, place, past)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        task = hst_coding(set="mini", bins="b1", sandbox="local")
        solver = sale_inspect.sale(pool="sim", memory="off")
        (log,) = inspect_eval(
            task, solver=solver, limit=2, log_dir=str(folder / "logs"), display="none", log_realtime=False
        )
    Path(log.location.removeprefix("file://")).rename(folder / "sale.eval")
    return folder


def run(of: tuple[str, str], given: Path, result: Path, *more: str) -> Result:
    words = OUTPUTS[of].words.split()
    filled = [{"INPUT": str(given), "OUTPUT": str(result)}.get(word, word) for word in words]
    return CliRunner().invoke(main, [*filled, *more])


def refused(ran: Result) -> str:
    """The one line of an error; not a traceback, and no line of a result."""
    assert ran.exit_code == 1 and isinstance(ran.exception, SystemExit), ran.output
    assert "Traceback" not in ran.output
    # Beside it, only what says that a step begins, and that a cache is full.
    (line,) = [line for line in ran.stderr.splitlines() if line.startswith("Error: ")]
    assert ran.stderr.rstrip().endswith(line)
    return line


def places(of: tuple[str, str], folder: Path) -> tuple[Path, Path]:
    """The place that the option names, and the file there that must not be lost."""
    place = folder / f"result{SUFFIXES.get(of, '')}"
    return place, place / OUTPUTS[of].file if OUTPUTS[of].file else place


def earlier(file: Path) -> bytes:
    """A file of an earlier day."""
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"the work of a week")
    return file.read_bytes()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def walked(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from walked(inner, (*path, name))


def test_every_option_that_names_a_result_is_tried_here_and_has_force() -> None:
    there = set()
    for name, command in walked(main):
        flags = {flag for parameter in command.params for flag in parameter.opts}
        there |= {(name, flag) for flag in flags & FLAGS}
        assert ("--force" in flags) is bool(flags & FLAGS), name
    assert there == set(OUTPUTS)


@every_output
def test_what_is_there_is_replaced_by_force_only(of: tuple[str, str], inputs: Path, tmp_path: Path) -> None:
    given, before = inputs / OUTPUTS[of].reads, contents(inputs)
    place, file = places(of, tmp_path)
    old = earlier(file)
    assert "is there already. Add --force to replace it" in refused(run(of, given, place))
    assert file.read_bytes() == old
    ran = run(of, given, place, "--force")
    assert ran.exit_code == 0, ran.output
    assert file.read_bytes() != old
    assert contents(inputs) == before


@with_input
@pytest.mark.parametrize("same", ["the file", "a hard link", "a symbolic link"])
def test_what_is_read_is_never_replaced(of: tuple[str, str], same: str, inputs: Path, tmp_path: Path) -> None:
    place, file = places(of, tmp_path)
    given = tmp_path / OUTPUTS[of].reads
    given.write_bytes((inputs / OUTPUTS[of].reads).read_bytes())
    file.parent.mkdir(exist_ok=True)
    if same == "the file":
        given = given.rename(file)
    elif same == "a hard link":
        file.hardlink_to(given)
    else:
        file.symlink_to(given)
    before = contents(tmp_path)
    if of == ("report", "-o") and given.parent == tmp_path:
        # The folder of a report is replaced as a whole: a link in it goes, what it names stays.
        assert run(of, given, place, "--force").exit_code == 0
        assert contents(tmp_path)[given.name] == before[given.name]
        return
    said = refused(run(of, given, place, "--force"))
    if (of, same) != (("outcomes", "-o"), "the file"):
        # There the input is no longer called .jsonl, and so is no table.
        assert "this command" in said or "symbolic link" in said or "no part of a report" in said
    assert contents(tmp_path) == before


@every_output
def test_no_link_out_of_the_folder_is_followed(of: tuple[str, str], inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    place, file = places(of, tmp_path / "ours")
    place.parent.mkdir()
    theirs = tmp_path / "theirs" / "file"
    old = earlier(theirs)
    if of == ("report", "-o"):
        # A report's folder is replaced as a whole, and with it a link in it; so here the folder is the link.
        (tmp_path / "theirs" / "file").rename(tmp_path / "theirs" / "report.html")
        theirs = tmp_path / "theirs" / "report.html"
        place.symlink_to(tmp_path / "theirs")
    else:
        file.parent.mkdir(exist_ok=True)
        file.symlink_to(theirs)
    assert "it is a symbolic link to" in refused(run(of, inputs / OUTPUTS[of].reads, place, "--force"))
    assert theirs.read_bytes() == old


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel refuses to let a file of this process grow beyond `size` bytes, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@every_output
def test_a_full_disk_is_one_error_and_leaves_no_part(
    of: tuple[str, str], inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, _ = places(of, tmp_path / "out")
    place.parent.mkdir()
    # The warning that nothing can be cached goes to pytest's file, which is as full.
    monkeypatch.setattr(logging, "raiseExceptions", False)
    with files_of_at_most(10):
        assert "cannot be written: File too large. Make room on the disk" in refused(
            run(of, inputs / OUTPUTS[of].reads, place)
        )
    assert contents(tmp_path / "out") == {}


@every_output
def test_a_place_that_cannot_be_is_said_before_any_work(of: tuple[str, str], inputs: Path, tmp_path: Path) -> None:
    missing, _ = places(of, tmp_path / "nowhere")
    ran = run(of, inputs / OUTPUTS[of].reads, missing)
    assert ran.exit_code == 2 and f"there is no folder {tmp_path / 'nowhere'}" in ran.output
    place, _ = places(of, tmp_path)
    if OUTPUTS[of].file:
        place.write_bytes(b"a file")
    else:
        place.mkdir()
    for words in ((), ("--force",)):
        ran = run(of, inputs / OUTPUTS[of].reads, place, *words)
        assert ran.exit_code != 0 and ("is a file" in ran.output or "is a d" in ran.output or "it is a" in ran.output)
        assert "Traceback" not in ran.output


def test_a_log_in_a_folder_that_is_read_is_not_replaced(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name in ("sale.eval", "weights.json"):
        (tmp_path / "logs" / name).write_bytes((inputs / "sale.eval").read_bytes())
    before = contents(tmp_path)
    for place in (f"file://{tmp_path}/logs", f"mine={tmp_path}/logs", str(tmp_path / "logs")):
        ran = CliRunner().invoke(main, ["fit", place, "-o", str(tmp_path / "logs" / "weights.json"), "--force"])
        assert "which this command reads. Choose another place." in refused(ran)
    assert contents(tmp_path) == before


def test_no_file_of_the_benchmarks_sources_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "data" / "mbpp" / "notes.txt"
    source.parent.mkdir(parents=True)
    source.write_bytes(b"mine")
    words = ["bench", "build", "--offline", "--sources", "mbpp", "-o", str(source), "--force"]
    assert "which this command reads" in refused(CliRunner().invoke(main, [*words, "--data-dir", str(tmp_path)]))
    monkeypatch.setenv("HST_DATA_DIR", str(tmp_path / "data"))
    assert "which this command reads" in refused(CliRunner().invoke(main, words))
    assert source.read_bytes() == b"mine"


def test_a_report_replaces_a_report_and_nothing_else(inputs: Path, tmp_path: Path) -> None:
    of, given, place = ("report", "-o"), inputs / "outcomes.parquet", tmp_path / "report"
    assert run(of, given, place).exit_code == 0
    made = contents(place)
    assert "is there already" in refused(run(of, given, place))
    assert "which this command reads" in refused(run(of, place / "samples.parquet", place, "--force"))
    assert "is read by this command" in refused(run(of, place, place, "--force"))
    assert run(of, given, place, "--force").exit_code == 0
    assert contents(place) == made
    (place / "notes.txt").write_bytes(b"mine")
    assert "notes.txt, which is no part of a report" in refused(run(of, given, place, "--force"))
    assert contents(place) == {**made, "notes.txt": b"mine"}


def test_standard_output_is_no_file_to_be_replaced(inputs: Path) -> None:
    ran = run(("plan", "--json"), inputs / "pool.yaml", Path("/dev/stdout"))
    assert ran.exit_code == 0, ran.output


def test_force_without_a_result_is_an_error(inputs: Path) -> None:
    ran = CliRunner().invoke(main, ["plan", "--tasks", "10", "--pool", "sim", "--force"])
    assert ran.exit_code == 2 and "--force is for a place of results, and none is given" in ran.output


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_appears_during_the_work_is_kept(tmp_path: Path, replaced: bool) -> None:
    file = tmp_path / "result"

    def meanwhile(handle: int) -> None:
        if not file.exists():
            file.write_bytes(b"another run's")

    with pytest.MonkeyPatch.context() as patch, result_rules([file], replace=replaced):
        patch.setattr(os, "fsync", meanwhile)
        if replaced:
            write_file(file, b"ours")
        else:
            with pytest.raises(sale_inspect.FileWriteError, match="is there already, since a moment ago"):
                write_file(file, b"ours")
    assert contents(tmp_path) == {"result": b"ours" if replaced else b"another run's"}


def test_files_elsewhere_are_not_held_to_a_commands_rules(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with result_rules([tmp_path / "result"], replace=False):
        for content in (b"one", b"two"):
            write_file(cache, content)
    assert cache.read_bytes() == b"two"
