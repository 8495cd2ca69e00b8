"""What may change in a study that was run: more agents, other prices; and a check of what it says."""

from __future__ import annotations

import json
import shutil
from contextlib import chdir
from dataclasses import asdict
from pathlib import Path

from sale_inspect._bounds import json_value
from sale_inspect._errors import StudyError
from sale_inspect._work._outcomes import OutcomesRequest, read_outcomes
from sale_inspect._work._report import MadeReport, ReportRequest, make_report, report_text
from sale_inspect._work.study._finish import decide_from, test_places
from sale_inspect._work.study._fitting import frozen_baseline
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect._work.study._status import study_status
from sale_inspect.pools import load_pool
from sale_inspect.study import POOL_FILE, Decision, StudyGoal

__all__ = ["added_agent", "repriced_study", "verified_study"]

_OF_DEV = ("fits", "routers", "dev.parquet", "frozen.json", "forecast.json", "decision.json", "test.parquet", "report")


def added_agent(prepared: PreparedStudy) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Accept a pool that has agents more than the study began with. What is stale is laid aside, nothing is deleted.

    Runs of the agents that were there stay as they are. Auctions, fits and routers choose among other agents now, so
    they are stale: their logs and files move to the folder `stale`, and the next run makes them anew.

    Args:
        prepared: The study, with the pool as it is now.

    Returns:
        Names of the added agents, and of the steps that are stale.

    Raises:
        StudyError: If the study did not begin, no agent was added, or something else of the pool was changed.
    """
    folder = prepared.folder
    copy = folder / POOL_FILE
    if not copy.exists():
        raise StudyError(f"{folder}: this study did not begin yet, so the pool may simply be changed.")
    before = load_pool(str(copy))
    now = {agent.name: agent for agent in prepared.pool.agents}
    for agent in before.agents:
        if agent.name not in now:
            raise StudyError(f"Agent {agent.name} was taken out of the pool. Name another folder with --out for that.")
        # As JSON: a date of the copy is a text.
        if now[agent.name].model_dump(mode="json") != agent.model_dump(mode="json"):
            raise StudyError(
                f"Agent {agent.name} was changed in the pool, so its runs would be of another agent. Give the changed "
                "one a new name, or use `sale-inspect study reprice` for other prices."
            )
    added = tuple(name for name in now if name not in before.names)
    if not added:
        raise StudyError(f"The pool {prepared.pool_place} has no agent more than the study began with.")
    stale = tuple(step.name for step in study_status(prepared).steps if step.stale)
    stamp = len(list((folder / "stale").glob("*"))) if (folder / "stale").is_dir() else 0
    target = folder / "stale" / str(stamp)
    target.mkdir(parents=True)
    _lay_aside(prepared, stale, target)
    copy.unlink()
    return added, stale


def _lay_aside(prepared: PreparedStudy, stale: tuple[str, ...], target: Path) -> None:
    if "://" in prepared.logs and stale:
        raise StudyError(
            f"The logs are at {prepared.logs}, where nothing is moved. Move these folders yourself: {', '.join(stale)}."
        )
    for name in stale:
        source = prepared.folder / prepared.logs / name
        if source.exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source, target / name)
    for name in (*_OF_DEV, POOL_FILE):
        source = prepared.folder / name
        if source.exists() and name != POOL_FILE:
            shutil.move(source, target / name)
        elif source.exists():
            shutil.copyfile(source, target / name)


def repriced_study(prepared: PreparedStudy, prices: str) -> tuple[Decision, MadeReport]:
    """The decision at other prices, from the recorded tokens. Nothing is run; choices stay those that were made.

    Args:
        prepared: A study that is done.
        prices: A YAML file of prices, or a pool.

    Raises:
        StudyError: If the study is not done.
        UnpricedAgentError: If a price is missing.
    """
    baseline = f"{frozen_baseline(prepared.folder)} alone"
    prices_place = str(Path(prices).resolve()) if Path(prices).exists() else prices
    target = prepared.folder / f"repriced-{Path(prices).stem}"
    with chdir(prepared.folder):
        request = ReportRequest(
            title=f"{prepared.study.name}, repriced",
            baseline=baseline,
            goal=prepared.study.goal,
            viewer="",
            common_tasks=True,
            reprice=prices_place,
        )
        made = make_report(test_places(prepared), target, request)
        read_outcomes(
            test_places(prepared), OutcomesRequest(common_tasks=True, reprice=prices_place), "repriced.parquet"
        )
    return decide_from(target, baseline, prepared.study.goal), made


def verified_study(condensed: Path) -> Decision:
    """Compute every table of a study's page, and its decision, anew from its condensed data, and compare.

    Args:
        condensed: The folder `condensed` of a study, or the study's folder.

    Raises:
        StudyError: If something is missing, or differs.
    """
    folder = condensed / "condensed" if (condensed / "condensed").is_dir() else condensed
    try:
        kept = json_value((folder / "decision.json").read_text(encoding="utf-8"))
        page = (folder / "report.md").read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise StudyError(f"{folder}: is no folder of a finished study: {error}.") from error
    goal = StudyGoal(**kept["goal"])
    request = ReportRequest(title=kept["study"], baseline=kept["baseline"], goal=goal, viewer="", common_tasks=True)
    differing = _first_difference(page, report_text([folder], request))
    decision = decide_from(folder, kept["baseline"], goal)
    if differing:
        raise StudyError(f"{folder / 'report.md'}: {differing}")
    made = json_value(json.dumps(asdict(decision)))
    for name, value in made.items():
        if kept.get(name) != value:
            raise StudyError(f"{folder / 'decision.json'}: {name} is {kept.get(name)!r}, but the data give {value!r}.")
    return decision


def _first_difference(one: str, two: str) -> str:
    for number, (first, second) in enumerate(zip(one.splitlines(), two.splitlines(), strict=False), start=1):
        if first != second:
            return f"line {number} is {first[:120]!r}, but the data give {second[:120]!r}."
    if len(one.splitlines()) != len(two.splitlines()):
        return f"has {len(one.splitlines())} lines, but the data give {len(two.splitlines())}."
    return ""
