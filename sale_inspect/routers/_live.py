"""A router that answers texts: from its file to a choice, the same inside Inspect, in Python and behind a server."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sale_inspect._errors import MissingRequirementError, OutcomesError
from sale_inspect.embedding import embedder_choice, require_embedder, shared_embedder
from sale_inspect.pools import Pool, pool_names
from sale_inspect.routers._file import RouterFile, read_router_file
from sale_inspect.routers.parts import Choices, Features, Fitted, Router, TaskBatch
from sale_inspect.texts import id_of_text

__all__ = ["AgentChoice", "LiveRouter", "load_router"]

_NO_EMBEDDER = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentChoice:
    """Which agent should do one task, and why.

    Attributes:
        agent: The agent.
        reason: Why, in one or two sentences.
        order: All agents, the chosen one first, then the others from the next best on: by what the router maximises,
            else by what it predicts, else by pass@1 in training.
        probabilities: Expected pass@1 by agent, 0 to 1; empty if the router predicts none.
        dollars: Expected US dollars of a run by agent; empty if the router predicts none. A run is one task in the
            harness of the training outcomes, not one model call.
        utility: What the router maximises, by agent; None where it has no such number.
        drawn: Whether the choice was drawn by the task's id and the seed, not argued.
    """

    agent: str
    reason: str
    order: tuple[str, ...]
    probabilities: Mapping[str, float] = field(default_factory=dict)
    dollars: Mapping[str, float] = field(default_factory=dict)
    utility: Mapping[str, float | None] = field(default_factory=dict)
    drawn: bool = False


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LiveRouter:
    """A router with all that it needs to choose for a text.

        router = sale_inspect.load_router("routers/wtp-knn.npz")
        choice = router.route("Write a function that sorts a list of dates.")
        print(choice.agent, choice.reason, choice.probabilities, choice.dollars)

    Attributes:
        router: The router, or the cascade.
        name: Its name in the catalog.
        file: Name of its file; empty if it has none.
        data: Hash of the outcomes it was trained on; empty if it has no file.
        embedder: Which embedder it needs (`minilm`, `hashing`); empty if it reads no text.
        embedder_name: Name of the embedding, or `none`.
        bins: Bins of the tasks that it was trained on; empty if they are not known.
        singles: By agent, pass@1 and mean dollars a task of the agent alone in training; empty if not known.
    """

    router: Fitted
    name: str
    file: str = ""
    data: str = ""
    embedder: str = ""
    embedder_name: str = _NO_EMBEDDER
    bins: tuple[str, ...] = ()
    singles: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def agents(self) -> tuple[str, ...]:
        """The N agents, in the order of the router's columns."""
        return self.router.agents

    def at(self, value: float) -> LiveRouter:
        """The same with the knob at another value.

        Raises:
            OutcomesError: If it has no knob, or the value is out of its range.
        """
        return replace(self, router=self.router.at(value))

    def route(self, text: str, task: str = "") -> AgentChoice:
        """Choose an agent for one task.

        Args:
            text: The task, as a user would ask it. Inside Inspect it is the sample's input.
            task: Id of the task, by which routers that draw do so; by default, one made from the text.

        Raises:
            OutcomesError: If the text is empty and the router reads it, or the file holds a cascade, which chooses
                nobody before an answer is there.
        """
        (choice,) = self.route_many([text], [task] if task else None)
        return choice

    def route_many(self, texts: Sequence[str], tasks: Sequence[str] | None = None) -> tuple[AgentChoice, ...]:
        """Choose an agent for each of T tasks; the same as one by one, and faster.

        Args:
            texts: The T texts.
            tasks: Their T ids; see `route`.

        Raises:
            OutcomesError: See `route`; or if there are not as many ids as texts.
        """
        ids = tuple(id_of_text(text) for text in texts) if tasks is None else tuple(tasks)
        if len(ids) != len(texts):
            raise OutcomesError(f"{len(texts)} texts with {len(ids)} ids of tasks: give one id for each.")
        if self.embedder and not all(text.strip() for text in texts):
            raise OutcomesError(f"Router {self.name} reads the task's text and nothing else, and a text is empty.")
        return self.choices(TaskBatch(ids=ids, features=self.embed(texts)))

    def embed(self, texts: Sequence[str]) -> Features:
        """(T, D) embeddings of T texts by the file's embedder; (T, 1) zeros if the router reads no text."""
        if not self.embedder:
            return np.zeros((len(texts), 1), dtype=np.float32)
        return shared_embedder(self.embedder).embed(texts)

    def choices(self, tasks: TaskBatch) -> tuple[AgentChoice, ...]:
        """Choose an agent for each of T tasks that are embedded already.

        Raises:
            OutcomesError: If the file holds a cascade.
        """
        router = self._chooser()
        made = router.choose(tasks)
        return tuple(self._choice(made, row, router.explain(tasks, row)) for row in range(len(tasks)))

    def without_text(self, why: str) -> AgentChoice:
        """The choice for a task that has no text to read: the best agent alone in training.

        Args:
            why: What is said before the reason, as a sentence.
        """
        scores = [self._alone(agent) for agent in self.agents]
        order = sorted(range(len(scores)), key=lambda column: scores[column], reverse=True)
        names = tuple(self.agents[column] for column in order)
        return AgentChoice(
            agent=names[0],
            reason=f"{why} {names[0]} is the best agent alone in training.",
            order=names,
            probabilities={agent: passed for agent, (passed, _) in self.singles.items()},
            dollars={agent: dollars for agent, (_, dollars) in self.singles.items()},
        )

    def _chooser(self) -> Router:
        if isinstance(self.router, Router):
            return self.router
        raise OutcomesError(
            f"Router {self.name} is a cascade: it reads answers and chooses no agent before one has answered. Use the "
            "solver sale_inspect/routed with it, or train a router that reads the task, such as wtp-knn."
        )

    def _alone(self, agent: str) -> tuple[float, float]:
        passed, dollars = self.singles.get(agent, (0.0, 0.0))
        return passed, -dollars

    def _choice(self, made: Choices, row: int, reason: str) -> AgentChoice:
        agents, chosen = self.agents, int(made.agent[row])
        utility = {
            agent: None if math.isnan(value) else float(value)
            for agent, value in zip(agents, made.utility[row], strict=True)
        }
        probabilities: dict[str, float] = {}
        dollars: dict[str, float] = {}
        if made.predictions is not None:
            probabilities = dict(zip(agents, made.predictions.correct[row].tolist(), strict=True))
            dollars = dict(zip(agents, made.predictions.dollars[row].tolist(), strict=True))

        def worth(agent: str) -> tuple[float, ...]:
            value = utility[agent]
            known = (value,) if value is not None else ()
            return (*known, probabilities.get(agent, 0.0), *self._alone(agent))

        others = sorted((agent for agent in agents if agent != agents[chosen]), key=worth, reverse=True)
        return AgentChoice(
            agent=agents[chosen],
            reason=reason,
            order=(agents[chosen], *others),
            probabilities=probabilities,
            dollars=dollars,
            utility=utility,
            drawn=made.drawn,
        )


def load_router(path: Path | str, *, pool: Pool | None = None, knob: float | None = None) -> LiveRouter:
    """A router from its file, ready to choose for a text: the embedder is the one that the file states.

        router = sale_inspect.load_router("routers/wtp-knn.npz")
        print(router.route("Sort a list of dates.").agent)

    Args:
        path: A file of `sale-inspect train`.
        pool: The pool whose agents are to be named; None to keep the names of the file.
        knob: Another value of the knob; None for the file's.

    Raises:
        OutcomesError: If the file cannot be used, is for other agents or of an unknown embedder, or the knob cannot be
            set.
        MissingRequirementError: If the embedding cannot be made here.
    """
    target = Path(path)
    file = read_router_file(target)
    if pool is not None:
        file = _of_pool(target, file, pool)
    live = LiveRouter(
        router=file.router,
        name=file.header.router,
        file=target.name,
        data=file.header.data_hash,
        embedder=_embedder(target, file.header.embedder.name),
        embedder_name=file.header.embedder.name,
        bins=file.header.bins,
        singles={agent: (point.pass_rate, point.dollars) for agent, point in file.header.training.singles.items()},
    )
    return live if knob is None else live.at(knob)


def _of_pool(path: Path, file: RouterFile, pool: Pool) -> RouterFile:
    """The same with the pool's names of its agents."""
    agents = file.header.agents
    names = pool_names(agents, pool)
    if set(names.values()) != set(pool.names) or len(names) != len(agents):
        theirs = ", ".join(f"{agent.name} ({agent.model})" for agent in pool.agents)
        raise OutcomesError(
            f"Router file {path}: field `agents`: trained for {', '.join(agents)}, but pool {pool.name!r} has "
            f"{theirs}. Give a pool of the same agents or models, or train on outcomes of this one."
        )
    return read_router_file(path, names=names)


def _embedder(path: Path, name: str) -> str:
    choice = "" if name == _NO_EMBEDDER else embedder_choice(name)
    if choice is None:
        raise OutcomesError(
            f"Router file {path}: field `embedder`: {name!r} is unknown to this version. Train the router again."
        )
    if choice:
        try:
            require_embedder(choice)
        except MissingRequirementError as error:
            raise MissingRequirementError(f"Router file {path}: field `embedder`: {error}") from error
    return choice
