"""`sale-inspect study`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import say, say_escaped, say_wrapped, show_table, write_json
from sale_inspect._cli._group import SentenceGroup
from sale_inspect._edge import clean_errors, stops_with
from sale_inspect._errors import StudyError
from sale_inspect._files import write_file
from sale_inspect.texts import fmt_usd

if TYPE_CHECKING:
    from sale_inspect._work.study import PreparedStudy, StudyResult
    from sale_inspect.shards import Shard

__all__ = ["study"]

_FILE = click.Path(path_type=Path, dir_okay=False)
_out = click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the study; by default FILE without its suffix.",
)  # fmt: skip
_file = click.argument("file", type=_FILE)


class _RunsAFile(SentenceGroup):
    """`study FILE` is `study run FILE`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and args[0].endswith((".yaml", ".yml")):
            args = ["run", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_RunsAFile)
def study() -> None:
    """One file to a decision: which policy to use on tasks of yours, run and defended.

    \b
    Example:
      sale-inspect study init my-study.yaml quiz.py@quiz --pool pool.yaml
      sale-inspect study my-study.yaml
      sale-inspect study status my-study.yaml

    The file says pool, tasks, how dev and test are divided, policies, what is wanted and what it may cost.
    `study FILE` forecasts, runs dev, fits and trains, freezes that, runs test, and writes the decision and its
    page. It can be stopped at any time; the same command goes on, and nothing finished runs twice.
    """  # noqa: D301 - click reads \b


@study.command()
@_file
@_out
@options.json_file
@click.option("--forecast", "only_forecast", is_flag=True, help="Only say what it will cost. Nothing is called.")
@click.option(
    "--shard", "shard_text", metavar="i/n",
    help="Only this part of the samples, 1/n to n/n; env: as the variables of an array job say. "
    "`study collect` joins the parts.",
)  # fmt: skip
@click.option("--side", type=click.Choice(["dev", "test"]), help="With --shard: only the dev or the test steps.")
@click.option(
    "--wait", type=click.FloatRange(0),
    help="With --shard: minutes without news of the others after which it does not wait for them any longer, by "
    "default 30.",
)  # fmt: skip
@options.ray
@click.option(
    "--shards", type=click.IntRange(2), help="With --ray: how many shards; by default one for each CPU of the Ray."
)
def run(
    file: Path,
    out: Path | None,
    json_file: Path | None,
    only_forecast: bool,
    shard_text: str | None,
    side: Literal["dev", "test"] | None,
    wait: float | None,
    ray: str,
    shards: int | None,
) -> None:
    """Run FILE, or what is left of it, to the decision."""
    from sale_inspect._work.study import STOPPED, forecast_study, prepare_study, run_study, run_study_on_ray
    from sale_inspect.study import costs_table

    _require_shard_for(shard_text, side, wait)
    _require_ray_for(ray, shards, shard_text, only_forecast)
    with clean_errors():
        shard = None if shard_text is None else _shard(shard_text)
        prepared = prepare_study(file, out, shards=None if shard is None else shard.of)
        dev, test = (sum(len(getattr(each, side)) for each in prepared.divided) for side in ("dev", "test"))
        say_wrapped(
            f"{prepared.study.name}: {len(prepared.pool.agents)} agents, {dev} dev and {test} test samples, "
            f"{len(prepared.steps)} steps{'' if shard is None else f', shard {shard}'}. Folder: "
            f"{_near(prepared.folder)}"
        )
        if shard is not None and not only_forecast:
            _run_shard(prepared, shard, side, wait, json_file)
            return
        if only_forecast:
            forecast = forecast_study(prepared, prepared.steps, {})
            if forecast:
                show_table(costs_table(forecast, speed=prepared.study.speed))
            else:
                say("Nothing is left to run.")
            write_json(json_file, {"estimated": True, "steps": [asdict(each) for each in forecast]})
            return
        with stops_with(STOPPED):
            if not ray:
                result = run_study(prepared, tell=say_wrapped)
            else:
                result = run_study_on_ray(prepared, ray, shards=shards, tell=say_wrapped)
    _show_end(result, json_file)


def _require_shard_for(shard: str | None, side: str | None, wait: float | None) -> None:
    if shard is None and (side is not None or wait is not None):
        raise click.UsageError(f"{'--side' if side is not None else '--wait'} is for one shard: give --shard too.")
    if side is not None and wait is not None:
        raise click.UsageError("With --side a shard does not wait for the others: leave --wait out.")


def _require_ray_for(ray: str, shards: int | None, shard: str | None, only_forecast: bool) -> None:
    if not ray and shards is not None:
        raise click.UsageError("--shards is for a Ray: give --ray too. An array job says it as --shard i/n.")
    if ray and (shard is not None or only_forecast):
        raise click.UsageError(f"--ray runs all shards: leave {'--shard' if shard is not None else '--forecast'} out.")


def _shard(text: str) -> Shard:
    import os

    from sale_inspect.shards import parse_shard, shard_of_environment

    shard = shard_of_environment(os.environ) if text.strip() == "env" else parse_shard(text)
    if shard.of == 1:
        raise StudyError("Shard 1/1 is the whole study: leave --shard out.")
    return shard


def _run_shard(
    prepared: PreparedStudy,
    shard: Shard,
    side: Literal["dev", "test"] | None,
    wait: float | None,
    json_file: Path | None,
) -> None:
    from sale_inspect._work.study import STOPPED, WAIT_MINUTES, run_shard

    minutes = WAIT_MINUTES if wait is None else wait
    with stops_with(STOPPED):
        done = run_shard(prepared, shard, side=side, wait=60 * minutes, tell=say_wrapped)
    then = f"{prepared.file} --shard {shard}, which fits" if done.side == "dev" else f"collect {prepared.file}"
    say_wrapped(
        f"Shard {shard} has done {done.side}; it took {fmt_usd(done.spent)} in all. When all shards have: sale-inspect "
        f"study {then}."
    )
    about = {"shard": str(shard), "side": done.side, "spent_usd": done.spent, "seconds": done.seconds}
    write_json(json_file, about)


def _show_end(result: StudyResult, json_file: Path | None) -> None:
    from sale_inspect.study import decision_table

    say("")
    show_table(decision_table(result.decision))
    if result.health:
        say("", "What was noticed in the runs:")
        say_wrapped(*(f"- {sentence}" for sentence in result.health))
    say("")
    say_wrapped(result.decision.sentence)
    say("")
    say_wrapped(f"The study took {fmt_usd(result.spent)} in all; {fmt_usd(result.forecast)} were forecast.")
    say("The page, with every table and picture:", f"  {_near(result.folder / result.page)}")
    write_json(json_file, {"spent_usd": result.spent, "forecast_usd": result.forecast, **asdict(result.decision)})


@study.command()
@_file
@_out
def collect(file: Path, out: Path | None) -> None:
    """Join the shards of FILE's study and decide.

    Reads the logs of all shards as one run and writes the tables, the page and decision.json. Runs nothing; says which
    shards are missing, if any are.
    """
    from sale_inspect._work.study import collect_study, prepare_study

    with clean_errors():
        result = collect_study(prepare_study(file, out), tell=say_wrapped)
    _show_end(result, None)


@study.command()
@_file
@click.argument("task")
@click.option("--name", help="Name of the study; by default FILE's.")
@options.pool
@options.keep_pass
@options.budget
@options.worth
@options.cap
@click.option(
    "--dev-share", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.4, show_default=True,
    help="Share of the samples for dev.",
)  # fmt: skip
def init(file: Path, name: str | None, pool: str | None, task: str, **known: Any) -> None:
    """Write FILE, a commented study file to begin with.

    TASK is a task as `inspect eval` takes it: quiz.py@quiz, or package/name. Needs --pool.
    """
    from sale_inspect.study import Starter, parse_study, starter_text

    if pool is None:
        raise click.UsageError("Give --pool: a file, or the name of a packaged one.")
    goals = {each: known.pop(each) for each in ("keep_pass", "budget", "worth")}
    wanted = {each: value for each, value in goals.items() if value is not None}
    if len(wanted) > 1:
        raise click.UsageError("Give one of --keep-pass, --budget and --worth.")
    if file.exists():
        raise click.UsageError(f"{file} is there already. Name another file, or remove it.")
    goal = {"keep_pass": None, **wanted} if wanted else {}
    starter = Starter(name=name or file.stem, pool=pool, task=task, **goal, **known)
    text = starter_text(starter)
    with clean_errors():
        parse_study(text, str(file))
        write_file(file, text)
    say(f"Written: {file}. Look at it, then:")
    say(f"  sale-inspect study {file} --forecast", f"  sale-inspect study {file}")


@study.command()
@_file
@_out
@options.json_file
def status(file: Path, out: Path | None, json_file: Path | None) -> None:
    """Say how FILE's study stands: steps, samples, dollars."""
    from sale_inspect._work.study import prepare_study, study_status

    with clean_errors():
        found = study_status(prepare_study(file, out))
    show_table(found.table)
    write_json(json_file, asdict(found))


@study.command("add-agent")
@_file
@_out
def add_agent(file: Path, out: Path | None) -> None:
    """Accept agents that were added to FILE's pool.

    Runs of the agents that were there stay. Auctions, fits and routers are laid aside in the folder `stale`;
    `sale-inspect study FILE` then runs only what is missing.
    """
    from sale_inspect._work.study import added_agent, prepare_study

    with clean_errors():
        added, stale = added_agent(prepare_study(file, out))
    say(f"Added: {', '.join(added)}.")
    say(f"Stale, and laid aside: {', '.join(stale) or 'no step'}; all that was fitted on dev.")
    say(f"Now run what is missing: sale-inspect study {file}")


@study.command()
@_file
@click.argument("new_prices", metavar="PRICES")
@_out
def reprice(file: Path, new_prices: str, out: Path | None) -> None:
    """Decide FILE's study at PRICES, from the recorded tokens.

    PRICES is a YAML file of prices, or a pool. Nothing is run. Who was chosen for each task stays as it was: auctions
    and routers chose at the old prices. The page goes to the study's folder.
    """
    from sale_inspect._work.study import prepare_study, repriced_study

    with clean_errors():
        decision, made = repriced_study(prepare_study(file, out), new_prices)
    say_wrapped(decision.sentence, "Auctions and routers chose at the old prices; only the dollars are new.")
    say(f"The page: {_near(made.page)}")


@study.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def verify(folder: Path) -> None:
    """Compute every table of a study anew and compare.

    FOLDER is a study's, or its folder `condensed`.
    """
    from sale_inspect._work.study import verified_study

    with clean_errors():
        decision = verified_study(folder)
    say_wrapped("Every table and the decision follow from the data.", decision.sentence)


@study.command()
def schema() -> None:
    """Print the JSON schema of a study file, for editors."""
    from sale_inspect.study import study_schema

    say_escaped(json.dumps(study_schema(), indent=1))


def _near(path: Path) -> str:
    """A path from here if it lies here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
