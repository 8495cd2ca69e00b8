"""From the table to the matrix that routers are fitted to and replayed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._table import OutcomeRow, OutcomeTable
from sale_inspect.routers import Floats, Outcomes, draws

__all__ = ["PolicyOutcomes", "agent_order", "policy_outcomes", "splits", "to_outcomes"]

_Cells = dict[tuple[str, str], list[OutcomeRow]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PolicyOutcomes:
    """What a recorded policy did on T tasks; means over its epochs.

    Attributes:
        policy: Its name.
        tasks: The T task ids on which it was recorded.
        correct: (T,), score in [0, 1].
        dollars: (T,), all dollars that it spent, overhead included.
        overhead_usd: (T,), dollars before execution, NaN where not known.
        tokens: (T,), all tokens that it used; None if they are not known for every run.
        winners: The agent that it chose on each task, by epoch.
    """

    policy: str
    tasks: tuple[str, ...]
    correct: Floats
    dollars: Floats
    overhead_usd: Floats
    tokens: Floats | None
    winners: tuple[tuple[str, ...], ...]


def agent_order(table: OutcomeTable) -> tuple[str, ...]:
    """The agents: in pool order if all rows are of one pool, else by mean dollars a task, then by name."""
    rows = table.of("agent")
    places = {row.name: row.place for row in rows}
    one_pool = len({row.pool for row in rows}) == 1 and len(set(places.values())) == len(places)
    if one_pool and None not in places.values():
        return tuple(sorted(places, key=lambda name: places[name] or 0))
    by_task: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        by_task.setdefault(row.name, {}).setdefault(row.task, []).append(row.dollars)
    spent = {name: fmean(fmean(runs) for runs in tasks.values()) for name, tasks in by_task.items()}
    return tuple(sorted(spent, key=lambda name: (spent[name], name)))


def to_outcomes(table: OutcomeTable, *, agents: Sequence[str] | None = None) -> Outcomes:
    """The matrix of the rows of agents: means over epochs, tasks in order of their ids.

    Answers are those of each agent's first epoch. Tokens and seconds are None unless all are known.

    Args:
        table: Rows in which every agent has every task.
        agents: The agents to take, in the order of the columns; by default all, in `agent_order`.

    Raises:
        OutcomesError: If there is no agent, one is unknown, or one lacks a task.
    """
    cells: _Cells = {}
    for row in table.of("agent"):
        cells.setdefault((row.task, row.name), []).append(row)
    names = _chosen(agent_order(table), agents)
    tasks = tuple(sorted({task for task, _ in cells}))
    missing = [(task, name) for task in tasks for name in names if (task, name) not in cells]
    if missing:
        task, name = missing[0]
        raise OutcomesError(
            f"Outcomes: {len(missing)} of {len(tasks) * len(names)} cells are empty, first agent {name!r} on task "
            f"{task!r}. Join the rows with allow_missing, or give the rows that are missing."
        )
    firsts = [cells[task, names[0]][0] for task in tasks]
    taus = [float("nan") if row.tau is None else row.tau for row in firsts]
    bins = tuple(row.bin for row in firsts)
    return Outcomes(
        agents=names,
        tasks=tasks,
        texts=tuple(row.text for row in firsts),
        correct=np.minimum(_known("correct", cells, tasks, names), 1.0),
        dollars=_known("dollars", cells, tasks, names),
        tokens=_means("tokens", cells, tasks, names),
        seconds=_means("seconds", cells, tasks, names),
        answers=_answers(cells, tasks, names),
        bins=bins if any(bins) else (),
        taus=None if np.isnan(taus).all() else np.array(taus),
        estimated=any(row.basis == "estimated" for (_, name), rows in cells.items() if name in names for row in rows),
    )


def _chosen(known: tuple[str, ...], agents: Sequence[str] | None) -> tuple[str, ...]:
    if not known:
        raise OutcomesError("Outcomes: the table has no agent that ran alone. Give logs of single agents.")
    for name in agents or ():
        if name not in known:
            raise OutcomesError(f"Outcomes: there is no agent {name!r}. The agents: {', '.join(known)}.")
    return tuple(agents) if agents else known


def _known(name: str, cells: _Cells, tasks: Sequence[str], agents: Sequence[str]) -> Floats:
    return np.array([[fmean(getattr(row, name) for row in cells[task, agent]) for agent in agents] for task in tasks])


def _means(name: str, cells: _Cells, tasks: Sequence[str], agents: Sequence[str]) -> Floats | None:
    wanted = (row for task in tasks for agent in agents for row in cells[task, agent])
    return None if any(getattr(row, name) is None for row in wanted) else _known(name, cells, tasks, agents)


def _answers(
    cells: _Cells, tasks: Sequence[str], agents: Sequence[str]
) -> np.ndarray[tuple[int, int], np.dtype[np.object_]] | None:
    found = np.empty((len(tasks), len(agents)), dtype=object)
    for i, task in enumerate(tasks):
        for j, agent in enumerate(agents):
            found[i, j] = min(cells[task, agent], key=lambda row: row.epoch).answer
    return found if any(found.ravel()) else None


def policy_outcomes(table: OutcomeTable) -> tuple[PolicyOutcomes, ...]:
    """The recorded policies, in order of their names, each on the tasks that it has."""
    cells: _Cells = {}
    for row in table.of("policy"):
        cells.setdefault((row.name, row.task), []).append(row)
    return tuple(_policy(name, cells) for name in sorted({name for name, _ in cells}))


def _policy(name: str, cells: _Cells) -> PolicyOutcomes:
    own = {task: rows for (policy, task), rows in sorted(cells.items()) if policy == name}
    overheads = [[row.overhead_usd for row in rows if row.overhead_usd is not None] for rows in own.values()]
    tokens = [[row.tokens for row in rows if row.tokens is not None] for rows in own.values()]
    counted = all(len(known) == len(rows) for known, rows in zip(tokens, own.values(), strict=True))
    whole = [len(known) == len(rows) for known, rows in zip(overheads, own.values(), strict=True)]
    return PolicyOutcomes(
        policy=name,
        tasks=tuple(own),
        correct=np.array([fmean(row.correct for row in rows) for rows in own.values()]),
        dollars=np.array([fmean(row.dollars for row in rows) for rows in own.values()]),
        overhead_usd=np.array([fmean(o) if all_ else np.nan for o, all_ in zip(overheads, whole, strict=True)]),
        tokens=np.array([fmean(known) for known in tokens]) if counted else None,
        winners=tuple(tuple(row.winner for row in sorted(rows, key=lambda row: row.epoch)) for rows in own.values()),
    )


def splits(outcomes: Outcomes, shares: Mapping[str, float], *, seed: int = 0) -> dict[str, Outcomes]:
    """Parts of the tasks for fitting and for evaluation, stratified by bin (ours).

    Tasks of one text go into the same part. Within each bin, texts in the order of a draw from the task's id and
    the seed go to the part that is furthest behind its share; so the parts do not depend on the order of rows
    or on outcomes.

    Args:
        outcomes: T tasks.
        shares: Share of each part, for instance `{"train": 0.7, "test": 0.3}`; they sum to 1.
        seed: Seed of the draws.

    Raises:
        OutcomesError: If shares are not positive or do not sum to 1, or a part gets no task.
    """
    if any(share <= 0 for share in shares.values()) or abs(sum(shares.values()) - 1) > 1e-9:
        raise OutcomesError(f"Splits: shares {dict(shares)} must be positive and sum to 1.")
    groups: dict[str, list[int]] = {}
    for row in sorted(range(len(outcomes)), key=lambda row: outcomes.tasks[row]):
        groups.setdefault(outcomes.texts[row] or f"task {outcomes.tasks[row]}", []).append(row)
    firsts = [rows[0] for rows in groups.values()]
    drawn = draws([outcomes.tasks[row] for row in firsts], seed, "splits")
    bins = [outcomes.bins[row] if outcomes.bins else "" for row in firsts]
    ordered = [rows for _, _, rows in sorted(zip(bins, drawn, groups.values(), strict=True))]
    parts: dict[str, list[int]] = {name: [] for name in shares}
    placed = 0
    for rows in ordered:
        placed += len(rows)
        name = max(shares, key=lambda part: shares[part] * placed - len(parts[part]))
        parts[name] += rows
    empty = [name for name, rows in parts.items() if not rows]
    if empty:
        raise OutcomesError(f"Splits: no task for {', '.join(empty)}: {len(groups)} texts are too few.")
    return {name: outcomes.take(sorted(rows)) for name, rows in parts.items()}
