"""Other names for agents and policies: those that the user gives, or those of a pool of the same models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._duplicates import named
from sale_inspect.outcomes._table import OutcomeTable, text_column
from sale_inspect.pools import Pool, pool_names

__all__ = ["in_pool", "read_renames", "renamed"]


def read_renames(given: Iterable[str]) -> dict[str, str]:
    """New names by old ones, from `OLD=NEW`.

    Raises:
        OutcomesError: If one is not of that form, or an old name comes twice.
    """
    found: dict[str, str] = {}
    for each in given:
        old, mark, new = (side.strip() for side in each.rpartition("="))
        if not (mark and old and new):
            raise OutcomesError(f"--rename: {each!r} must be OLD=NEW, for instance openai/gpt-5-mini=small.")
        if found.setdefault(old, new) != new:
            raise OutcomesError(f"--rename: {old!r} is given twice, as {found[old]!r} and {new!r}.")
    return found


def renamed(table: OutcomeTable, names: Mapping[str, str]) -> OutcomeTable:
    """The table with other names of agents and policies, also where a policy says whom it chose.

    Args:
        table: Any table.
        names: New names by old ones.

    Raises:
        OutcomesError: If there is no such agent or policy, or two would have one name.
    """
    if not names:
        return table
    there = table.who().names
    for old in names:
        if not any(name == old for _, name in there):
            raise OutcomesError(f"--rename: there is no {old!r}. There is: {named(sorted(name for _, name in there))}.")
    owners: dict[tuple[str, str], str] = {}
    for kind, old in there:
        new = names.get(old, old)
        other = owners.setdefault((kind, new), old)
        if other != old:
            raise OutcomesError(
                f"--rename: {other!r} and {old!r} would both be {new!r}. Their runs are apart, and must have two names."
            )
    columns = {}
    for column in ("agent", "policy", "winner"):
        codes, values = table.text(column)
        columns[column] = text_column(codes, [names.get(value, value) for value in values])
    return table.replaced(**columns)


def in_pool(table: OutcomeTable, pool: Pool) -> OutcomeTable:
    """The table with its agents called and ordered as in a pool of the same models.

    An agent is the pool's by its name, else by its model string; so a router trained on ordinary logs runs live with
    that pool. Agents of the pool without runs are noted, since a router that is trained on the table does not know
    them.

    Raises:
        OutcomesError: If an agent is none of the pool's.
        PoolError: If it may be several of them.
    """
    import pyarrow as pa

    agents = table.names("agent")
    names = pool_names(agents, pool)
    foreign = [agent for agent in agents if agent not in names]
    if foreign:
        theirs = ", ".join(f"{agent.name} ({agent.model})" for agent in pool.agents)
        raise OutcomesError(
            f"--pool {pool.name}: {named(foreign)} is neither the name nor the model of one of its agents: {theirs}. "
            f"Say which one it is (--rename {foreign[0]}=NAME), or leave its runs out."
        )
    made = renamed(table, {old: new for old, new in names.items() if old != new})
    kinds, kind_names = made.text("kind")
    of_agent = np.array([kind == "agent" for kind in kind_names], dtype=bool)[kinds]
    codes, values = made.text("agent")
    places = np.array([pool.names.index(name) if name in pool.names else -1 for name in values], dtype=np.int64)
    pools, pool_values = made.text("pool")
    absent = [name for name in pool.names if name not in names.values()]
    notes = list(made.notes)
    if absent:
        notes.append(
            f"Pool {pool.name} also has {named(absent)}, of which there is no run; a router of this table needs a pool "
            "without them."
        )
    return made.replaced(
        pool=text_column(np.where(of_agent, len(pool_values), pools), [*pool_values, pool.name]),
        place=pa.array(places[codes], pa.int64(), mask=~of_agent),
    ).with_notes(notes)
