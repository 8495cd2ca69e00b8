"""From the argument `router` to a router that can choose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sale_inspect._errors import MissingRequirementError, OutcomesError, PoolError
from sale_inspect.embedding import HashingEmbedder, MiniLmEmbedder, require_embedder
from sale_inspect.pools import Pool, pool_names
from sale_inspect.routers import Fitted, RandomRouter, SingleRouter, read_router_file

__all__ = ["UNTRAINED", "GivenRouter", "given_router"]

UNTRAINED = ("random", "cheapest", "dearest")
"""Routers that a solver can use without a file."""

_EMBEDDERS = {MiniLmEmbedder.name: "minilm", HashingEmbedder.name: "hashing", "none": ""}


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenRouter:
    """A router and where it comes from.

    Attributes:
        router: The router or cascade.
        name: Its name in the catalog, or one of `UNTRAINED`.
        file: Name of its file, or "".
        data: Hash of the outcomes it was trained on, or "".
        embedder: Which embedder to make (`minilm`, `hashing`), or "" if it reads no text.
        embedder_name: Name of the embedding, or "none".
    """

    router: Fitted
    name: str
    file: str = ""
    data: str = ""
    embedder: str = ""
    embedder_name: str = "none"


def given_router(router: str, pool: Pool | None, *, knob: float | None, seed: int) -> GivenRouter:
    """The router that the argument names.

    Args:
        router: A file, or one of `UNTRAINED`.
        pool: The pool, if it is known before the run.
        knob: Another value of the knob, or None.
        seed: Seed of `random`.

    Raises:
        OutcomesError: If it is neither, the file is faulty, or the knob cannot be set.
        PoolError: If it needs a pool file and there is none.
        MissingRequirementError: If the file's embedding cannot be made here.
    """
    if router in UNTRAINED:
        found = _untrained(router, pool, seed)
    elif Path(router).suffix or Path(router).exists():
        found = _from_file(Path(router), pool)
    else:
        raise OutcomesError(
            f"No router {router!r}. Give a file of `sale-inspect train`, or one of: {', '.join(UNTRAINED)}."
        )
    if knob is None:
        return found
    return GivenRouter(
        router=found.router.at(knob),
        name=found.name,
        file=found.file,
        data=found.data,
        embedder=found.embedder,
        embedder_name=found.embedder_name,
    )


def _untrained(name: str, pool: Pool | None, seed: int) -> GivenRouter:
    if pool is None:
        raise PoolError(f"router={name} needs a pool file, for the agents and their prices. Give -S pool=FILE.")
    if name == "random":
        return GivenRouter(router=RandomRouter(agents=pool.names, seed=seed), name=name)
    prices = pool.blended_prices()
    # Ties go to the first of the pool.
    chosen = min(pool.names, key=lambda agent: prices[agent] if name == "cheapest" else -prices[agent])
    why = f"the pool's {name} agent by price"
    return GivenRouter(router=SingleRouter(agents=pool.names, column=pool.names.index(chosen), why=why), name=name)


def _from_file(path: Path, pool: Pool | None) -> GivenRouter:
    file = read_router_file(path)
    if pool is not None:
        names = pool_names(file.header.agents, pool)
        if set(names.values()) != set(pool.names) or len(names) != len(file.header.agents):
            theirs = ", ".join(f"{agent.name} ({agent.model})" for agent in pool.agents)
            raise OutcomesError(
                f"Router file {path}: field `agents`: trained for {', '.join(file.header.agents)}, but pool "
                f"{pool.name!r} has {theirs}. Give a pool of the same agents or models, or train on "
                "outcomes of this one."
            )
        file = read_router_file(path, names=names)
    name = file.header.embedder.name
    choice = _EMBEDDERS.get(name)
    if choice is None:
        raise OutcomesError(
            f"Router file {path}: field `embedder`: {name!r} is unknown to this version. Train the router again."
        )
    if choice:
        _require(path, choice)
    return GivenRouter(
        router=file.router,
        name=file.header.router,
        file=path.name,
        data=file.header.data_hash,
        embedder=choice,
        embedder_name=name,
    )


def _require(path: Path, choice: str) -> None:
    try:
        require_embedder(choice)
    except MissingRequirementError as error:
        raise MissingRequirementError(f"Router file {path}: field `embedder`: {error}") from error
