"""Logs that are unlike most of the others: path of the log, and why."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from sale_inspect.report.tidy._tables import Tidy

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["other_pools", "other_prices", "other_sets", "other_versions", "unfinished"]

_SHOWN = 60
_NUMBERS = ("input", "output", "cache_read", "cache_write")


def unfinished(tidy: Tidy) -> dict[str, str]:
    """Logs whose evaluation did not end well, and that no later log makes up for."""
    made_up = set(tidy.logs.loc[(tidy.logs["status"] == "success") & (tidy.logs["eval_task_id"] != ""), "eval_task_id"])
    samples = tidy.samples.groupby("log_path").size()
    found = {}
    columns = tidy.logs[["log_path", "status", "eval_task_id", "planned"]]
    for path, status, retried, planned in columns.itertuples(index=False):
        if status != "success" and retried not in made_up:
            of = f" of {planned}" if planned else ""
            found[str(path)] = f"status {status!s}, {int(samples.get(path, 0))}{of} samples"
    return found


def other_pools(tidy: Tidy) -> dict[str, str]:
    """Logs of another pool than most. Solvers of others have none."""
    own = tidy.logs[tidy.logs["pool"] != ""]
    return _unlike(own, "pool", "pool")


def other_prices(tidy: Tidy) -> dict[str, str]:
    """Logs in which an agent has another price than in most; dates and sources may differ."""
    votes: Counter[tuple[str, tuple[float, ...]]] = Counter()
    priced = {str(log.log_path): _prices(str(log.prices)) for log in tidy.logs.itertuples()}
    for prices in priced.values():
        votes.update(prices.items())
    # Of equally many, the price that the first log has.
    usual: dict[str, tuple[float, ...]] = {}
    for (agent, price), _ in votes.most_common():
        usual.setdefault(agent, price)
    found = {}
    for path, prices in priced.items():
        unlike = [agent for agent, price in prices.items() if price != usual[agent]]
        if unlike:
            said = ", ".join(f"{agent} {_money(prices[agent])}, elsewhere {_money(usual[agent])}" for agent in unlike)
            found[path] = said[: 3 * _SHOWN]
    return found


def other_versions(tidy: Tidy) -> dict[str, str]:
    """Logs of another version of their task than most."""
    found: dict[str, str] = {}
    for _, own in tidy.logs.groupby("task", sort=False):
        found |= _unlike(own, "task_version", "version")
    return found


def other_sets(tidy: Tidy) -> dict[str, str]:
    """Logs of another set of tasks than most of their task's, and logs of a task that not every policy has."""
    found: dict[str, str] = {}
    policies = set(tidy.logs["policy"])
    for task, own in tidy.logs.groupby("task", sort=False):
        lacking = ", ".join(sorted(policies - set(own["policy"])))
        if lacking:
            found |= {str(path): f"task {task}, which {lacking[:_SHOWN]} did not do" for path in own["log_path"]}
            continue
        usual = _usual(own, "set_hash")
        unlike = own.loc[own["set_hash"] != usual, ["log_path", "samples"]].to_numpy().tolist()
        found |= {str(path): f"{count} samples of {task}, not of the set that most have" for path, count in unlike}
    return found


def _unlike(logs: pd.DataFrame, column: str, said: str) -> dict[str, str]:
    if logs[column].nunique() < 2:
        return {}
    usual = _usual(logs, column)
    unlike = logs.loc[logs[column] != usual, ["log_path", column]].to_numpy().tolist()
    return {str(path): f"{said} {own!s}, others {usual}" for path, own in unlike}


def _usual(logs: pd.DataFrame, column: str) -> str:
    """The value that most policies have; of equally many, that of the first log."""
    ordered = logs.sort_values("created", kind="stable").drop_duplicates(["policy", column])
    return str(Counter(ordered[column].tolist()).most_common(1)[0][0])


def _prices(text: str) -> dict[str, tuple[float, ...]]:
    if not text:
        return {}
    return {
        agent: tuple(float(price.get(name) or 0) for name in _NUMBERS) for agent, price in json.loads(text).items()
    }  # fmt: skip


def _money(price: tuple[float, ...]) -> str:
    return "/".join(f"{number:g}" for number in price[:2]) + " $/Mt"
