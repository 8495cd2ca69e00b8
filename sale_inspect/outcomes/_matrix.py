"""From the table to the matrix that routers are fitted to and replayed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._row import OutcomeRow
from sale_inspect.outcomes._table import OutcomeTable, pairs
from sale_inspect.routers import Floats, Outcomes, draws

__all__ = ["PolicyOutcomes", "agent_order", "policy_outcomes", "splits", "to_outcomes"]

_PolicyRows = dict[tuple[str, str], list[OutcomeRow]]


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
    rows = table.only("agent")
    if not len(rows):
        return ()
    agents, names = _packed(rows, "agent")
    places = rows.numbers("place")
    pools, _ = _packed(rows, "pool")
    if (pools == pools[0]).all() and not np.isnan(places).any():
        of_agent, ranks, _ = pairs(agents, np.unique(places, return_inverse=True)[1])
        if len(of_agent) == len(names) == len(np.unique(ranks)):
            return tuple(names[agent] for agent in of_agent[np.argsort(ranks)].tolist())
    cells = _Cells(rows)
    dollars = cells.means("dollars")
    columns = cells.used % len(names)
    spent = {name: fmean(dollars[columns == code].tolist()) for code, name in enumerate(names)}
    return tuple(sorted(spent, key=lambda name: (spent[name], name)))


class _Cells:
    """Rows of agents by cell (task, agent); the tasks in order of their ids.

    Attributes:
        tasks: Ids of the T tasks.
        agents: Names of the agents.
        used: The cells that have rows, `task * agents + agent`, ascending.
        firsts: For each of them, its first row of the first epoch.
    """

    def __init__(self, rows: OutcomeTable) -> None:
        self._rows = rows
        tasks, self.tasks = _packed(rows, "task")
        agents, self.agents = _packed(rows, "agent")
        keys = tasks * len(self.agents) + agents
        # Stable, so that rows of one epoch keep the order of the table.
        self._order = np.lexsort([rows.numbers("epoch"), keys])
        self.used, self._starts = np.unique(keys[self._order], return_index=True)
        self.firsts = self._order[self._starts]

    def means(self, name: str) -> Floats:
        """For each used cell, the mean of a column over its rows; NaN where one of them is not known."""
        values = self._rows.numbers(name)[self._order]
        made = values[self._starts]
        stops = np.append(self._starts[1:], len(values))
        for cell in np.flatnonzero(stops - self._starts > 1).tolist():
            runs = values[self._starts[cell] : stops[cell]].tolist()
            made[cell] = fmean(runs)
        return made


def _packed(rows: OutcomeTable, name: str) -> tuple[NDArray[np.int64], list[str]]:
    """A column of texts as places in the list of those that are used, which is in alphabetical order."""
    codes, values = rows.text(name)
    used, packed = np.unique(codes, return_inverse=True)
    texts = [values[code] for code in used.tolist()]
    order = sorted(range(len(texts)), key=texts.__getitem__)
    ranks = np.empty(len(texts), dtype=np.int64)
    ranks[order] = np.arange(len(texts))
    return ranks[packed], [texts[place] for place in order]


def to_outcomes(table: OutcomeTable, *, agents: Sequence[str] | None = None) -> Outcomes:
    """The matrix of the rows of agents: means over epochs, tasks in order of their ids.

    Answers are those of each agent's first epoch. Tokens and seconds are None unless all are known.

    Args:
        table: Rows in which every agent has every task.
        agents: The agents to take, in the order of the columns; by default all, in `agent_order`.

    Raises:
        OutcomesError: If there is no agent, one is unknown, or one lacks a task.
    """
    rows = table.only("agent")
    names = _chosen(agent_order(table), agents)
    cells = _Cells(rows)
    wanted = np.array([cells.agents.index(name) for name in names])
    full = np.full(len(cells.tasks) * len(cells.agents), -1, dtype=np.int64)
    full[cells.used] = np.arange(len(cells.used))
    grid = full.reshape(len(cells.tasks), len(cells.agents))[:, wanted]
    missing = np.argwhere(grid < 0)
    if len(missing):
        task, agent = missing[0]
        raise OutcomesError(
            f"Outcomes: {len(missing)} of {grid.size} cells are empty, first agent {names[agent]!r} on task "
            f"{cells.tasks[task]!r}. Join the rows with allow_missing, or give the rows that are missing."
        )

    def known(name: str) -> Floats | None:
        values = cells.means(name)[grid]
        return None if np.isnan(values).any() else values

    firsts = cells.firsts[grid[:, 0]]
    taus, bins = rows.numbers("tau")[firsts], _texts(rows, "bin", firsts)
    answers = np.array(_texts(rows, "answer", cells.firsts[grid.ravel()]), dtype=object).reshape(grid.shape)
    here = np.isin(_packed(rows, "agent")[0], wanted)
    return Outcomes(
        agents=names,
        tasks=tuple(cells.tasks),
        texts=_texts(rows, "text", firsts),
        correct=np.minimum(cells.means("correct")[grid], 1.0),
        dollars=cells.means("dollars")[grid],
        tokens=known("tokens"),
        seconds=known("seconds"),
        answers=answers if any(answers.ravel()) else None,
        bins=bins if any(bins) else (),
        taus=None if np.isnan(taus).all() else taus,
        estimated="estimated" in _texts(rows, "basis", np.flatnonzero(here)),
    )


def _texts(rows: OutcomeTable, name: str, places: NDArray[np.integer[Any]]) -> tuple[str, ...]:
    codes, values = rows.text(name)
    return tuple(map(values.__getitem__, codes[places].tolist()))


def _chosen(known: tuple[str, ...], agents: Sequence[str] | None) -> tuple[str, ...]:
    if not known:
        raise OutcomesError("Outcomes: the table has no agent that ran alone. Give logs of single agents.")
    for name in agents or ():
        if name not in known:
            raise OutcomesError(f"Outcomes: there is no agent {name!r}. The agents: {', '.join(known)}.")
    return tuple(agents) if agents else known


def policy_outcomes(table: OutcomeTable) -> tuple[PolicyOutcomes, ...]:
    """The recorded policies, in order of their names, each on the tasks that it has."""
    cells: _PolicyRows = {}
    for row in table.of("policy"):
        cells.setdefault((row.name, row.task), []).append(row)
    return tuple(_policy(name, cells) for name in sorted({name for name, _ in cells}))


def _policy(name: str, cells: _PolicyRows) -> PolicyOutcomes:
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
