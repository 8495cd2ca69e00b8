"""The options that several commands have: one name, type, default, check and help text each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, TypeVar, cast
from urllib.parse import unquote, urlparse

import click

from sale_inspect._edge import clean_errors
from sale_inspect._errors import FileWriteError, SaleError
from sale_inspect._results import check_result, result_rules
from sale_inspect.bench.sources import DATA_DIR_VARIABLE
from sale_inspect.runs import SOURCES
from sale_inspect.stats import CONFIDENCE

__all__ = [
    "agents",
    "allow_missing",
    "annotator",
    "budget",
    "cap",
    "common_tasks",
    "compares_logs",
    "confidence",
    "data_dir",
    "embedder",
    "fail_if",
    "force",
    "gathers",
    "inner",
    "json_and_plots",
    "json_file",
    "keep_pass",
    "limit",
    "log_dir",
    "markdown",
    "outer",
    "output",
    "pool",
    "ray",
    "reads_logs",
    "rounds",
    "routers",
    "score",
    "seed",
    "tried",
    "worth",
]

Command = TypeVar("Command", bound=Callable[..., Any])
_Holds = Literal["file", "folder", "files"]
_PROCESSES = 2
_RESULTS = "_places_of_results"
_FILE = click.Path(path_type=Path, dir_okay=False)


def gathers(request: type, name: str = "request") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Hand the options that are fields of a request to the command as one argument, the request.

    Args:
        request: A dataclass. What it refuses is an error of the command.
        name: Of the argument.
    """
    names = {field.name for field in fields(request)}

    def wrap(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def call(**values: Any) -> Any:
            own = {option: values.pop(option) for option in sorted(names & values.keys())}
            try:
                gathered = request(**own)
            except (SaleError, ValueError) as error:
                # Options that do not go together, before anything is read.
                raise click.UsageError(str(error)) from error
            return command(**{name: gathered}, **values)

        return call

    return wrap


def _with_parent(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """The place, if the folder that is to hold it is there: a misspelt one is not made, and no work is lost on it."""
    if path is not None and not path.resolve().parent.is_dir():
        raise click.UsageError(f"{parameter.opts[0]}: there is no folder {path.parent}.", context)
    return path


_json = click.option(
    "--json", "json_file", type=_FILE, callback=_with_parent, help="Also write all figures to this file, as JSON."
)
force = click.option("--force", is_flag=True, help="Replace what is there. What is read is never replaced.")


def _with_commas(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(name.strip() for name in text.split(","))


def output(*, required: bool = False, holds: _Holds = "file") -> Callable[[Command], Command]:
    """Where a command writes, with --force; what it writes there is in its help.

    Args:
        required: Whether nothing can be done without it.
        holds: What the place is: a file, a folder that is replaced as a whole, or a folder into which files are put.
    """
    option = click.option(
        "-o", "--output", type=click.Path(path_type=Path), callback=_with_parent, required=required,
        help="Where to write the result; see above.",
    )  # fmt: skip
    return lambda command: option(_writes(command, output=holds))


def json_file(command: Command) -> Command:
    """Where a command writes its figures too, with --force."""
    return _json(_writes(command, json_file="file"))


def json_and_plots(command: Command) -> Command:
    """Where a command writes its figures and pictures, with --force for both."""
    plots = click.option(
        "--plots", type=click.Path(path_type=Path, file_okay=False), callback=_with_parent,
        help="Folder for a picture of each study, SVG and PNG.",
    )  # fmt: skip
    return _json(plots(_writes(command, json_file="file", plots="files")))


def _writes(command: Command, **results: _Holds) -> Command:
    """Add --force, and refuse places of results that must not be written to before any work is done for them."""
    before: dict[str, _Holds] | None = getattr(command, _RESULTS, None)
    if before is not None:
        # Another option of the same command brought --force already; it is for this place too.
        before.update(results)
        return command

    @functools.wraps(command)
    def call(*args: Any, **values: Any) -> Any:
        given = click.get_current_context().params
        places = {name: given[name] for name in results if given[name] is not None}
        replace = values.pop("force")
        if replace and not places:
            raise click.UsageError("--force is for a place of results, and none is given.")
        others = [value for name, value in given.items() if name not in {*results, "data_dir"}]
        with result_rules(
            places.values(),
            replace=replace,
            inputs=_paths(others),
            sources=_paths(given.get("data_dir")),
        ):
            with clean_errors():
                for name, place in places.items():
                    _check_place(place, results[name])
            return command(*args, **values)

    setattr(call, _RESULTS, results)
    return force(cast("Command", call))


def _check_place(place: Path, holds: _Holds) -> None:
    if holds == "file" and place.is_dir():
        raise FileWriteError(f"{place}: cannot be written: it is a folder. Name a file.")
    if holds != "file" and place.is_file():
        raise FileWriteError(f"{place}: cannot be written: it is a file. Name a folder.")
    if holds == "file":
        # What lies in a folder is checked where it is known what is to lie there.
        check_result(place)


def _paths(value: object) -> Iterator[Path]:
    """What a value of an option or argument may name: a path, an address of one, NAME=PATH, or several of these."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, str):
        for text in {value, value.partition("=")[2]} - {""}:
            yield Path(unquote(urlparse(text).path) if text.startswith("file:") else text)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _paths(each)


def annotator(*, required: bool = False) -> Callable[[Command], Command]:
    """Who worked."""
    return click.option(
        "--annotator", required=required, help="Name of the person who works; always the same for the same person."
    )


markdown = click.option("--markdown", is_flag=True, help="Write Markdown instead of drawing tables.")
seed = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of all that is drawn at random."
)
rounds = click.option(
    "--rounds", type=click.IntRange(min=100), default=2000, show_default=True, help="Bootstrap rounds of AIQ."
)
confidence = click.option(
    "--confidence", type=click.FloatRange(0.5, 1, max_open=True), default=CONFIDENCE, show_default=True,
    help="Confidence of all that is claimed: intervals, verdicts, --keep-pass, --budget.",
)  # fmt: skip
fail_if = click.option(
    "--fail-if", "fail_if", multiple=True, metavar="CONDITION",
    help="Exit with status 3 if this holds: 'pass@1 < 0.6', 'small usd > 0.02', 'small worse than before'. May be "
    "repeated.",
)  # fmt: skip
keep_pass = click.option(
    "--keep-pass", type=click.FloatRange(0, 1, min_open=True),
    help="Keep this share of the best single agent's pass@1, for instance 0.99, for the fewest dollars.",
)  # fmt: skip
worth = click.option("--worth", type=click.FloatRange(0, min_open=True), help="Dollars that a solved task is worth.")
budget = click.option(
    "--budget", type=click.FloatRange(0, min_open=True), help="Keep to this many dollars a task, on average."
)
embedder = click.option(
    "--embedder", type=click.Choice(["auto", "minilm", "hashing"]), default="auto", show_default=True,
    help="What embeds texts. auto is what a memory was made with; else minilm if it is at hand, or hashing.",
)  # fmt: skip
prices = click.option(
    "--prices", metavar="FILE",
    help="Prices for runs without dollars: a pool, or YAML of model: {input, output} in dollars per million tokens.",
)  # fmt: skip
reprice = click.option(
    "--reprice", metavar="FILE", help="Compute all dollars anew from recorded tokens, at the prices of such a file."
)
on_duplicate = click.option(
    "--on-duplicate", type=click.Choice(["error", "last", "mean"]), default="error", show_default=True,
    help="The same policy, task and epoch in two evaluations: refuse, keep the later one, or count both.",
)  # fmt: skip
exclude = click.option(
    "--exclude", multiple=True, metavar="KIND,...",
    help="Leave out what does not line up: unpriced, unfinished, other-pools, other-prices, other-versions, "
    "other-sets, other-texts, no-tau.",
)  # fmt: skip
keep = click.option(
    "--keep", multiple=True, metavar="KIND,...", help="Keep what is unlike the rest: no-tau, unpriced."
)  # fmt: skip
cache = click.option(
    "--cache/--no-cache", default=True, help="Keep what was read and made for the next time, or nothing."
)
pool = click.option("--pool", help="Pool of agents with their prices: a file, or the name of a packaged one.")
score = click.option(
    "--score", "scores", multiple=True, metavar="NAME[.KEY][>=X]",
    help="Score that says what is solved; .KEY for a dictionary's, >=X for a threshold. May be repeated: the first "
    "that a sample has counts. Default: pass_and_cost, the task's headline score, or the only one.",
)  # fmt: skip
agent_from = click.option(
    "--agent-from", default="", metavar="SOURCE",
    help=f"What names an agent: {SOURCES}. Default: the agent of sale_inspect/single, else the model, with what "
    "differs.",
)  # fmt: skip
policy_from = click.option(
    "--policy-from", default="", metavar="SOURCE",
    help="What tells runs of SALE or of one router apart, for instance solver_arg:knob; it is added to the name.",
)  # fmt: skip
agents = click.option(
    "--agents", callback=_with_commas, help="Only these agents of the table, in this order, with commas."
)
routers = click.option(
    "--router", "routers", multiple=True,
    help="Router by its name, to replay also by its file; may be repeated. Default: all that read the task. To serve: "
    "one file, or random, cheapest or dearest.",
)  # fmt: skip
outer = click.option(
    "--outer", type=click.IntRange(min=2), default=5, show_default=True, help="Folds that hold tasks out."
)
inner = click.option(
    "--inner", type=click.IntRange(min=2), default=4, show_default=True, help="Folds that choose options."
)
tried = click.option(
    "--try", "tried", multiple=True, metavar="NAME=VALUE,...",
    help="Values of an option of the routers among which the inner folds choose, for instance k=8,64,512; may be "
    "repeated. Default: those of the router's page.",
)  # fmt: skip
ray = click.option(
    "--ray", metavar="ADDRESS", default="",
    help="Do the work on the machines of a Ray: local, auto, or HOST:PORT of its head. They must see the files under "
    "the same names; what is lost with a machine is done again elsewhere.",
)  # fmt: skip
common_tasks = click.option("--common-tasks", is_flag=True, help="Leave out tasks that not every policy ran.")


def reads_logs(command: Command) -> Command:
    """All options of how logs are read, and as many processes as this command reads with."""

    @functools.wraps(command)
    def call(*args: Any, **values: Any) -> Any:
        return command(*args, processes=_PROCESSES, **values)

    return _with_options(
        cast("Command", call), score, agent_from, policy_from, prices, reprice, on_duplicate, exclude, cache, ray
    )


def compares_logs(command: Command) -> Command:
    """All options of how logs are read whose policies are compared task by task."""
    return _with_options(reads_logs(command), keep, common_tasks)


def _with_options(command: Command, *decorators: Callable[[Command], Command]) -> Command:
    # Click lists options in the order in which they stand above a command, so the last one goes on first.
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


cap = click.option(
    "--cap", type=click.FloatRange(0, min_open=True), help="Most dollars, for the whole study or all that is served."
)
allow_missing = click.option(
    "--allow-missing", is_flag=True, help="Drop tasks that not every agent has, and say what was left out."
)
data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path), envvar=DATA_DIR_VARIABLE,
    help=f"Folder of the benchmark's original files; default: {DATA_DIR_VARIABLE}, if that is set.",
)  # fmt: skip
limit = click.option("--limit", type=click.IntRange(min=1), help="Only the first N tasks.", metavar="N")
log_dir = click.option("--log-dir", help="Folder for the logs; default: a folder in ./logs.")
