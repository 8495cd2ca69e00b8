"""Routers, trained on a table of outcomes and written to files."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sale_inspect._errors import OutcomesError
from sale_inspect._machines import engine_of
from sale_inspect._work._data import BLIND, RouterData, Table, check_texts, chosen_routers, embed_data, read_table
from sale_inspect._work._progress import Progress, silent
from sale_inspect.bench import unlearnt_note
from sale_inspect.routers import (
    Calibrated,
    RouterFile,
    Trained,
    below_mix,
    budget_knob,
    check_tried,
    held_out_score,
    keep_pass_knob,
    make_header,
    router_kind,
    router_text,
    save_router,
    train,
    tried_options,
)
from sale_inspect.stats import CONFIDENCE

__all__ = ["Goal", "TrainRequest", "TrainedRouter", "calibrated", "fitted", "train_router", "train_routers"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """What a router's knob is set for.

    Attributes:
        budget: Most dollars a task, on average; None for no budget.
        keep_pass: Share of the best single agent's pass@1 to keep, in (0, 1]; None to keep none.
        confidence: Confidence with which the goal is kept, on held-out tasks, in [0.5, 1).

    Raises:
        OutcomesError: If both goals are given.
    """

    budget: float | None = None
    keep_pass: float | None = None
    confidence: float = CONFIDENCE

    def __post_init__(self) -> None:
        if self.budget is not None and self.keep_pass is not None:
            raise OutcomesError("Give --budget or --keep-pass, not both.")

    @property
    def set(self) -> bool:
        """Whether there is a goal."""
        return self.budget is not None or self.keep_pass is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainRequest:
    """How routers are trained.

    Attributes:
        budget: Most dollars a task that the knob must keep to.
        keep_pass: Share of the best single agent's pass@1 that the knob must keep, for the fewest dollars.
        confidence: Confidence of `budget` and `keep_pass`, on held-out tasks, in [0.5, 1).
        agents: Only these agents of the table, in this order; empty for all.
        outer: Folds that give held-out tasks, at least 2.
        inner: Folds that choose options, at least 2.
        seed: Seed of folds and fits.
        embedder: `auto`, `minilm` or `hashing`; a live run must have the same.
        tried: Values of routers' options among which the inner folds choose, in place of the catalog's:
            `NAME=VALUE,...`, for instance `k=8,64,512`.
        ray: A Ray on whose machines the routers are trained, side by side: `local`, `auto` or HOST:PORT of its head;
            empty for this process.

    Raises:
        OutcomesError: If both goals are given, or a confidence without a goal.
    """

    budget: float | None = None
    keep_pass: float | None = None
    confidence: float = CONFIDENCE
    agents: tuple[str, ...] = ()
    outer: int = 5
    inner: int = 4
    seed: int = 0
    embedder: str = "auto"
    tried: tuple[str, ...] = ()
    ray: str = ""

    def __post_init__(self) -> None:
        if not self.goal.set and self.confidence != CONFIDENCE:
            raise OutcomesError("--confidence is that of --budget or --keep-pass, and neither is given.")

    @property
    def goal(self) -> Goal:
        """What the knob is set for."""
        return Goal(budget=self.budget, keep_pass=self.keep_pass, confidence=self.confidence)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TrainedRouter:
    """A trained router, with what it does on held-out tasks at the value of its knob.

    Attributes:
        name: Which router.
        file: What is written: the router with its header.
        calibrated: The value of the knob for the goal; None without a goal.
        score: Held-out pass@1, averaged over dollars from the cheapest to the most expensive agent; of a router
            without a knob, its pass@1 above the mix of single agents at its dollars.
        pass_rate: Held-out pass@1.
        dollars: Held-out mean dollars a task.
        at: Where the knob stands, in words; empty without a knob.
        warning: That it does less on held-out tasks than a blind mix of single agents; else empty.
        notes: What was left out or went wrong beside.
    """

    name: str
    file: RouterFile
    calibrated: Calibrated | None
    score: float
    pass_rate: float
    dollars: float
    at: str
    warning: str = ""
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the file says of the router, in lines."""
        return router_text(self.file.header)

    def save(self, path: str | Path) -> None:
        """Write the router's file, which `sale_inspect/routed` and `replay` read."""
        save_router(Path(path), self.file)


def train_router(
    outcomes: Table,
    router: str,
    request: TrainRequest | None = None,
    file: str | Path | None = None,
    *,
    progress: Progress = silent,
) -> TrainedRouter:
    """Train one router on the outcomes of a dev set, with nested cross-validation.

    The figures are of tasks that the fit had not seen. The router itself is fitted on all tasks. Never train on the
    tasks that you report.

        request = sale_inspect.TrainRequest(keep_pass=0.99)
        router = sale_inspect.train_router("dev.parquet", "wtp-knn", request, "wtp-knn.npz")
        print(router.text)

    Args:
        outcomes: A table of `read_outcomes`, or its Parquet file.
        router: Which one; see `sale_inspect.routers.ROUTERS`.
        request: How.
        file: Where to write it, `.npz`; None to write nothing.
        progress: Is told what is being done.

    Raises:
        OutcomesError: If the table cannot be used, the router is unknown, or an option is out of its range.
    """
    (trained,) = train_routers(outcomes, (router,), request, progress=progress)
    if file is not None:
        trained.save(file)
    return trained


def train_routers(
    outcomes: Table,
    routers: Sequence[str] = (),
    request: TrainRequest | None = None,
    *,
    on_router: Callable[[TrainedRouter], None] = lambda _: None,
    progress: Progress = silent,
) -> tuple[TrainedRouter, ...]:
    """Train several routers on one table; see `train_router`.

    Args:
        outcomes: A table of `read_outcomes`, or its Parquet file.
        routers: Which ones; empty for all that read the task and that the table allows.
        request: How.
        on_router: Is given each router as soon as it is trained.
        progress: Is told what is being done.

    Raises:
        OutcomesError: If the table cannot be used, a router is unknown, or an option is out of its range.
    """
    request = request or TrainRequest()
    answers = not routers or any(router_kind(name).cascade for name in routers)
    table, tasks = read_table(outcomes, agents=request.agents)
    names, left_out = chosen_routers(routers, tasks)
    # Before anything is embedded, since that can take minutes.
    check_texts(names, tasks)
    check_tried(names, request.tried)
    data = embed_data(table, tasks, embedder=request.embedder, answers=answers, progress=progress)
    finished: list[TrainedRouter] = []
    with engine_of(request.ray) as engine:
        made = engine.map(partial(fitted, data=data, request=request), names)
        for number, name in enumerate(names):
            progress(f"training {name}", number, len(names))
            trained, chosen = next(made)
            finished.append(_result(trained, chosen, data, tuple(left_out)))
            on_router(finished[-1])
    return tuple(finished)


def fitted(name: str, data: RouterData, request: TrainRequest) -> tuple[Trained, Calibrated | None]:
    """The trained router with its knob at the goal, and what is certain of that."""
    trained = train(
        data.outcomes,
        data.features,
        router=name,
        grid=tried_options(name, request.tried),
        outer=request.outer,
        inner=request.inner,
        seed=request.seed,
        answers=data.answers if router_kind(name).cascade else None,
    )
    chosen = calibrated(trained, data, request.goal, seed=request.seed)
    if chosen is not None and chosen.knob:
        trained = trained.at(chosen.value)
    return trained, chosen


def calibrated(trained: Trained, data: RouterData, goal: Goal, *, seed: int) -> Calibrated | None:
    """The knob for the goal, if there is a goal."""
    if goal.budget is not None:
        return budget_knob(trained.held_out, data.outcomes, goal.budget, confidence=goal.confidence, seed=seed)
    if goal.keep_pass is not None:
        return keep_pass_knob(
            trained.held_out, data.outcomes, keep=goal.keep_pass, confidence=goal.confidence, seed=seed
        )
    return None


def _result(trained: Trained, chosen: Calibrated | None, data: RouterData, notes: tuple[str, ...]) -> TrainedRouter:
    held = trained.held_out
    place = chosen.place if chosen is not None else _place(trained)
    at = f"{held.knob} {held.values[place]:.4g}" if held.knob else ""
    if chosen is not None and not chosen.reached:
        at += " (goal not reached)"
    header = make_header(trained, data.outcomes, embedder=data.embedder, date=datetime.date.today(), calibrated=chosen)
    bins = tuple(sorted({name for name in data.outcomes.bins if name}))
    header = header.model_copy(update={"bins": bins})
    return TrainedRouter(
        name=trained.kind,
        file=RouterFile(header=header, router=trained.router),
        calibrated=chosen,
        score=held_out_score(held, data.outcomes),
        pass_rate=float(held.pass_rate[place]),
        dollars=float(held.mean_dollars[place]),
        at=at,
        warning="" if trained.kind in BLIND else below_mix(held, data.outcomes, place),
        notes=(*notes, *unlearnt_note(bins)),
    )


def _place(trained: Trained) -> int:
    """Where the knob's value stands among the held-out ones."""
    knob, values = trained.router.knob, trained.held_out.values
    if knob is None or not trained.held_out.knob:
        return 0
    return min(range(len(values)), key=lambda place: abs(values[place] - knob.value))
