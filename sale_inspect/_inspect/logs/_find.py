"""From evaluation logs to the rows of a report."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from inspect_ai.log import EvalLog, EvalSample, list_eval_logs, read_eval_log, read_eval_log_samples

from sale_inspect._errors import LogError
from sale_inspect._inspect.store import read, solved, with_stores
from sale_inspect.money import AUCTION_PHASES, total_usd
from sale_inspect.report.summary import PolicyRun, TaskRow

__all__ = ["find_logs", "policy_of", "policy_runs"]


def find_logs(places: Iterable[str]) -> list[str]:
    """Log files among files and folders, oldest first.

    Raises:
        LogError: If a place does not exist or holds no log.
    """
    found: list[str] = []
    for place in places:
        path = Path(place)
        if path.is_file():
            found.append(place)
        elif path.is_dir():
            infos = list_eval_logs(place, descending=False)
            if not infos:
                raise LogError(f"No evaluation log in {place}. Give a log file or the folder of --log-dir.")
            found += [info.name for info in infos]
        else:
            raise LogError(f"No such log file or folder: {place}.")
    return found


def policy_runs(places: Iterable[str]) -> list[PolicyRun]:
    """The policies in logs, SALE first, then in order of the logs. Logs of one policy are joined.

    A sample that was taken over or tried again by a retry counts once, as the last log has it.

    Raises:
        LogError: If a log cannot be used.
    """
    found: dict[str, dict[tuple[str, str, int], TaskRow | str]] = {}
    simulated: dict[str, bool] = {}
    logs = [(name, read_eval_log(name, header_only=True)) for name in find_logs(places)]
    empty, begun = dict[str, str](), set[str]()
    for name, header in logs:
        policy = ""
        for sample in with_stores(read_eval_log_samples(name, all_samples_required=False), name):
            policy = policy or policy_of(header, sample)
            simulated[policy] = simulated.get(policy, False) or read(sample).simulated
            own = found.setdefault(policy, {})
            place = (header.eval.task_id, str(sample.id), sample.epoch)
            row = _row(sample)
            # A retry that was broken off may hold less than the log before it.
            if not isinstance(row, str) or isinstance(own.get(place, row), str):
                own[place] = row
        if policy:
            begun.add(header.eval.task_id)
        else:
            empty[header.eval.task_id] = f"Log {name} has no finished sample (status {header.status})."
    # A run that was broken off before its first sample is no loss if its retry has samples.
    if lost := [said for task_id, said in empty.items() if task_id not in begun]:
        raise LogError(lost[0])
    return [
        PolicyRun(
            policy=policy,
            simulated=simulated[policy],
            rows=tuple(row for row in found[policy].values() if not isinstance(row, str)),
            left_out=Counter(row for row in found[policy].values() if isinstance(row, str)),
        )
        for policy in sorted(simulated, key=lambda policy: policy != "SALE")
    ]


def policy_of(header: EvalLog, sample: EvalSample) -> str:
    """Name of the policy that did a sample, as tables show it."""
    policy = read(sample).policy
    if policy == "single":
        return f"{read(sample).agent} alone"
    if policy == "sale":
        return "SALE"
    if policy.startswith("routed "):
        return policy.removeprefix("routed ")
    return f"{header.eval.solver or 'default solver'} with {header.eval.model}"


def _row(sample: EvalSample) -> TaskRow | str:
    """The sample's row, or why it has none."""
    if sample.error is not None:
        return f"error: {sample.error.message.splitlines()[0][:120]}"
    correct = solved(sample.scores or {})
    if correct is None:
        return "not scored"
    entries = read(sample).entries or ()
    cost = total_usd(entries) if entries else math.nan
    return TaskRow(
        task_id=str(sample.id),
        epoch=sample.epoch,
        bin=str(sample.metadata.get("bin", "")),
        correct=float(correct),
        usd=cost,
        usd_overhead=sum(entry.usd for entry in entries if entry.phase in AUCTION_PHASES),
        tokens=float(sum(entry.usage.total for entry in entries if entry.phase != "grade")) if entries else math.nan,
        agent=read(sample).agent,
        uncounted=read(sample).uncounted_calls,
        worked_instead=read(sample).worked_instead,
    )
