"""The text arguments of the `sale` solver as values of the mechanism."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sale_inspect._errors import PoolError
from sale_inspect.auction import DEFENCES, TERMS, Defence, JudgeChoice, Switches, Term
from sale_inspect.bench import names
from sale_inspect.pools import Pool

__all__ = ["defences_of", "pool_without", "switches_of"]


def switches_of(
    drop: str | Sequence[str] | None, judges: str | Sequence[str], defences: frozenset[Defence], pool: Pool | None
) -> Switches:
    """The mechanism's variant.

    Raises:
        PoolError: If a term or a judge is unknown.
    """
    terms = names(drop) or []
    for term in terms:
        if term not in TERMS:
            raise PoolError(f"drop: unknown term {term!r}. There are: {', '.join(TERMS)}.")
    chosen: JudgeChoice
    if isinstance(judges, str) and judges in ("all", "peers", "self"):
        chosen = cast(JudgeChoice, judges)
    else:
        chosen = tuple(names(judges) or ())
        for name in chosen:
            if pool is not None and name not in pool.names:
                known = ", ".join(pool.names)
                raise PoolError(f"judges: {name!r} is neither all, peers or self nor an agent of the pool ({known}).")
        if not chosen:
            raise PoolError("judges: name at least one, or use drop=jury for no jury.")
    return Switches(drop=frozenset(cast("list[Term]", terms)), judges=chosen, normalise="normalise" in defences)


def defences_of(text: str | Sequence[str] | None) -> frozenset[Defence]:
    """The defences that are on; an empty text is none.

    Raises:
        PoolError: If one is unknown.
    """
    given = [name for name in names(text) or [] if name]
    for name in given:
        if name not in DEFENCES:
            raise PoolError(f"defences: unknown {name!r}. There are: {', '.join(DEFENCES)}.")
    return frozenset(cast("list[Defence]", given))


def pool_without(pool: Pool, without: str | Sequence[str] | None) -> Pool:
    """The pool without some agents.

    Raises:
        PoolError: If one is not in it.
    """
    gone = names(without) or []
    for name in gone:
        if name not in pool.names:
            raise PoolError(f"without: {name!r} is not in the pool ({', '.join(pool.names)}).")
    return pool.model_copy(update={"agents": tuple(agent for agent in pool.agents if agent.name not in gone)})
