"""Logs that are unlike most of the others: path of the log, and why."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from sale_inspect.runs._facts import LogHead
from sale_inspect.runs._run import PolicyRun

__all__ = ["other_pools", "other_prices", "other_sets", "other_versions", "set_hash", "unfinished"]

_SHOWN = 60
_NUMBERS = ("input", "output", "cache_read", "cache_write")


def set_hash(head: LogHead, present: Iterable[str]) -> str:
    """Hash of the tasks that a log was to do, whichever were.

    Args:
        head: The log.
        present: Ids of the samples that it has, if it does not say what it was to do.
    """
    if head.set_hash:
        return head.set_hash
    planned = head.sample_ids or tuple({*present})
    return hashlib.sha256("\n".join([head.task, *sorted(planned)]).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def unfinished(heads: Sequence[LogHead], runs: Sequence[PolicyRun]) -> dict[str, str]:
    """Logs whose evaluation did not end well, and that no later log makes up for."""
    made_up = {head.eval_task_id for head in heads if head.status == "success" and head.eval_task_id}
    held = Counter(run.head.log_path for run in runs)
    found = {}
    for head in heads:
        if head.status != "success" and head.eval_task_id not in made_up:
            planned = f" of {head.planned}" if head.planned else ""
            found[head.log_path] = f"status {head.status}, {held[head.log_path]}{planned} samples"
    return found


def other_pools(heads: Sequence[LogHead], runs: Sequence[PolicyRun]) -> dict[str, str]:
    """Logs of another pool than most. Solvers of others have none."""
    pools = {run.head.log_path: run.sample.pool for run in runs if run.sample.pool}
    return _unlike(heads, runs, lambda head: pools.get(head.log_path, ""), "pool")


def other_prices(heads: Sequence[LogHead], runs: Sequence[PolicyRun]) -> dict[str, str]:
    """Logs in which an agent has another price than in most; dates and sources may differ."""
    priced = {run.head.log_path: _prices(run.sample.prices) for run in runs if run.sample.prices}
    votes: Counter[tuple[str, tuple[float, ...]]] = Counter()
    for head in heads:
        votes.update(priced.get(head.log_path, {}).items())
    # Of equally many, the price that the first log has.
    usual: dict[str, tuple[float, ...]] = {}
    for (agent, price), _ in votes.most_common():
        usual.setdefault(agent, price)
    found = {}
    for head in heads:
        prices = priced.get(head.log_path, {})
        unlike = [agent for agent, price in prices.items() if price != usual[agent]]
        if unlike:
            told = ", ".join(f"{agent} {_money(prices[agent])}, elsewhere {_money(usual[agent])}" for agent in unlike)
            found[head.log_path] = told[: 3 * _SHOWN]
    return found


def other_versions(heads: Sequence[LogHead], runs: Sequence[PolicyRun]) -> dict[str, str]:
    """Logs of another version of their task than most."""
    found: dict[str, str] = {}
    for task in dict.fromkeys(head.task for head in heads):
        own = [head for head in heads if head.task == task]
        found |= _unlike(own, runs, lambda head: head.task_version, "version")
    return found


def other_sets(heads: Sequence[LogHead], runs: Sequence[PolicyRun]) -> dict[str, str]:
    """Logs of another set of tasks than most of their task's, and logs of a task that not every policy has."""
    present: dict[str, list[str]] = defaultdict(list)
    policies: dict[str, str] = {}
    for run in runs:
        present[run.head.log_path].append(run.sample.sample_id)
        policies[run.head.log_path] = run.policy
    heads = [head for head in heads if head.log_path in policies]
    everyone = {*policies.values()}
    hashes = {head.log_path: set_hash(head, present[head.log_path]) for head in heads}
    found: dict[str, str] = {}
    for task in dict.fromkeys(head.task for head in heads):
        own = [head for head in heads if head.task == task]
        lacking = ", ".join(sorted(everyone - {policies[head.log_path] for head in own}))
        if lacking:
            found |= {head.log_path: f"task {task}, which {lacking[:_SHOWN]} did not do" for head in own}
            continue
        usual = _usual(own, policies, lambda head: hashes[head.log_path])
        found |= {
            head.log_path: f"{len(present[head.log_path])} samples of {task}, not of the set that most have"
            for head in own
            if hashes[head.log_path] != usual
        }
    return found


def _unlike(
    heads: Sequence[LogHead], runs: Sequence[PolicyRun], value: Callable[[LogHead], str], what: str
) -> dict[str, str]:
    policies = {run.head.log_path: run.policy for run in runs}
    stated = [head for head in heads if value(head)]
    if len({value(head) for head in stated}) < 2:
        return {}
    usual = _usual(stated, policies, value)
    return {head.log_path: f"{what} {value(head)}, others {usual}" for head in stated if value(head) != usual}


def _usual(heads: Sequence[LogHead], policies: Mapping[str, str], value: Callable[[LogHead], str]) -> str:
    """The value that most policies have; of equally many, that of the first log."""
    votes = dict.fromkeys((policies.get(head.log_path, ""), value(head)) for head in heads)
    return Counter(each for _, each in votes).most_common(1)[0][0]


def _prices(prices: Mapping[str, Mapping[str, object]]) -> dict[str, tuple[float, ...]]:
    return {agent: tuple(float(str(price.get(name) or 0)) for name in _NUMBERS) for agent, price in prices.items()}


def _money(price: tuple[float, ...]) -> str:
    return "/".join(f"{number:g}" for number in price[:2]) + " $/Mt"
