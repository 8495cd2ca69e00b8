"""What routing would have solved and saved, from recorded outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sale_inspect._errors import OutcomesError
from sale_inspect._machines import engine_of
from sale_inspect._work._data import RouterData, Table, chosen_routers, embed_data, read_table
from sale_inspect._work._policies import apart, held_out_tasks, policy_of_file, recorded_policies, trained_policy
from sale_inspect._work._progress import Progress, silent
from sale_inspect._work._train import Goal, TrainRequest
from sale_inspect.outcomes import texts_fault
from sale_inspect.replays import (
    Policy,
    Replay,
    ReplayOptions,
    evaluate,
    replay_html,
    replay_json,
    replay_table,
    replay_text,
)
from sale_inspect.stats import CONFIDENCE
from sale_inspect.texts import Table as DrawnTable

__all__ = ["MadeReplay", "ReplayRequest", "replay"]

_DEFAULT = ReplayOptions()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayRequest:
    """Which routers are evaluated, and how.

    Attributes:
        routers: Names of routers, and files of trained ones (`.npz`); empty for all that read the task.
        train: Outcomes to train named routers on; None to hold each task out by folds of the evaluated outcomes.
        unseen: Leave out tasks that are in `train` too.
        budget: Set knobs to keep to these dollars a task, on average.
        keep_pass: Set knobs to keep this share of the best single agent's pass@1, in (0, 1].
        confidence: Of intervals, verdicts, `budget` and `keep_pass`, in [0.5, 1).
        against: Compare all others with these policies too.
        rounds: Bootstrap rounds of AIQ, at least 100.
        common_tasks: Leave out tasks that a recorded policy (such as SALE) did not run.
        agents: Only these agents of the table, in this order; empty for all.
        outer: Folds that hold tasks out, at least 2.
        inner: Folds that choose options, at least 2.
        seed: Seed of folds, fits and draws.
        embedder: `auto`, `minilm` or `hashing`.
        ray: A Ray on whose machines routers are trained, side by side: `local`, `auto` or HOST:PORT of its head; empty
            for this process.

    Raises:
        OutcomesError: If both goals are given, or `unseen` without `train`, or `ray` where nothing is trained.
    """

    routers: tuple[str, ...] = ()
    train: Path | None = None
    unseen: bool = False
    budget: float | None = None
    keep_pass: float | None = None
    confidence: float = CONFIDENCE
    against: tuple[str, ...] = ()
    rounds: int = _DEFAULT.rounds
    common_tasks: bool = False
    agents: tuple[str, ...] = ()
    outer: int = 5
    inner: int = 4
    seed: int = 0
    embedder: str = "auto"
    ray: str = ""

    def __post_init__(self) -> None:
        # Refuses two goals.
        Goal(budget=self.budget, keep_pass=self.keep_pass)
        if self.unseen and self.train is None:
            raise OutcomesError("--unseen leaves out tasks of the --train table, and none is given.")
        if self.ray and self.routers and all(name.endswith(".npz") for name in self.routers):
            raise OutcomesError("--ray trains routers on many machines, and only files of trained ones are given.")


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeReplay:
    """A replay, and what a reader must know of how it came about. A notebook draws it.

    Attributes:
        replay: Every figure, interval and verdict.
        notes: What was left out or assumed, one sentence each.
        knobs: How the knob of each trained router was set for the goal, one sentence each.
    """

    replay: Replay
    notes: tuple[str, ...]
    knobs: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The answer to the question that was asked; empty without a policy."""
        return self.replay.answer.sentence if self.replay.answer else ""

    @property
    def table(self) -> DrawnTable:
        """What each policy solved and spent, in 80 columns, with the notes."""
        return replay_table(self.replay, self.notes)

    def text(self, *, markdown: bool = False) -> str:
        """The answer, all tables, every comparison in a sentence, and the notes.

        Args:
            markdown: Markdown tables and lists; columns of text otherwise.
        """
        return replay_text(self.replay, (*self.knobs, *self.notes), markdown=markdown) + "\n"

    def json(self) -> dict[str, Any]:
        """Plain JSON values. What is not known is null."""
        return replay_json(self.replay) | {"cli_notes": [*self.knobs, *self.notes]}

    def _repr_html_(self) -> str:
        return replay_html(self.replay, (*self.knobs, *self.notes))

    def _repr_markdown_(self) -> str:
        return self.text(markdown=True)


def replay(outcomes: Table, request: ReplayRequest | None = None, *, progress: Progress = silent) -> MadeReplay:
    """Evaluate routers on recorded outcomes, without a model call.

    A router's decision in a replay is its live decision. SALE and other policies that were recorded on the same tasks
    are compared with what they really got and spent. Beside every router stand the best single agent, random choice,
    the oracle, a shuffled control and the mix of single agents at its dollars.

        request = sale_inspect.ReplayRequest(routers=("wtp-knn",), train=Path("dev.parquet"), keep_pass=0.99)
        result = sale_inspect.replay("test.parquet", request)
        print(result.text())

    Args:
        outcomes: A table of `read_outcomes`, or its Parquet file.
        request: Which routers, and how.
        progress: Is told what is being done.

    Raises:
        OutcomesError: If the table cannot be used, a router or agent is unknown, a router file is for other agents or
            another embedder, or tasks were trained on.
    """
    request = request or ReplayRequest()
    data, source, notes = _read(outcomes, request, progress)
    recorded, data, its_notes = recorded_policies(data, request.common_tasks)
    if source is None:
        source = data
    notes = [*its_notes, *notes]
    if request.train is None and (request.budget is not None or request.keep_pass is not None):
        notes.append("Knobs are set on held-out choices of these very tasks, which favours them. --train avoids it.")
    taken = {policy.name for policy in recorded}
    files = [Path(name) for name in request.routers if name.endswith(".npz")]
    policies = [apart(policy_of_file(path, data), taken) for path in files]
    trained, knobs = _trained(source, data, request, notes, progress)
    policies += [apart(policy, taken) for policy in trained]
    options = ReplayOptions(
        rounds=request.rounds,
        confidence=request.confidence,
        seed=request.seed,
        against=request.against,
        keep_pass=request.keep_pass,
        budget=request.budget,
        knobs_set_here=request.train is None and bool(trained),
    )
    progress("evaluating", 0, None)
    result = evaluate([*recorded, *policies], data.outcomes, options=options)
    return MadeReplay(replay=result, notes=tuple(notes), knobs=tuple(knobs))


def _read(
    outcomes: Table, request: ReplayRequest, progress: Progress
) -> tuple[RouterData, RouterData | None, list[str]]:
    """The data to evaluate on, the data to train on if that is another table, and what is to be said of them."""
    table, tasks = read_table(outcomes, agents=request.agents)
    unreadable = [fault] if (fault := texts_fault(tasks.texts)) else []
    if request.train is None:
        data = embed_data(table, tasks, embedder=request.embedder, answers=True, progress=progress)
        return data, None, unreadable
    trained_on = read_table(request.train, agents=tasks.agents)
    name = str(outcomes) if isinstance(outcomes, str | Path) else "the evaluated table"
    # Before anything is embedded, since that can take minutes.
    tasks, notes = held_out_tasks(tasks, trained_on[1], name, request.train, request.unseen)
    data = embed_data(table, tasks, embedder=request.embedder, answers=True, progress=progress)
    source = embed_data(*trained_on, embedder=request.embedder, answers=True, progress=progress)
    return data, source, [*unreadable, *notes]


def _trained(
    source: RouterData, data: RouterData, request: ReplayRequest, notes: list[str], progress: Progress
) -> tuple[list[Policy], list[str]]:
    """The routers that are trained here, and how their knobs were set. Without any name or file, all that read."""
    named = [name for name in request.routers if not name.endswith(".npz")]
    if request.routers and not named:
        return [], []
    names, left_out = chosen_routers(named, source.outcomes)
    notes += left_out
    fault = texts_fault(source.outcomes.texts)
    if fault and not named:
        notes.append(f"Not trained, since there is nothing to read: {', '.join(names)}.")
        return [], []
    how = TrainRequest(
        budget=request.budget,
        keep_pass=request.keep_pass,
        confidence=request.confidence if request.budget is not None or request.keep_pass is not None else CONFIDENCE,
        outer=request.outer,
        inner=request.inner,
        seed=request.seed,
    )
    policies, knobs = [], []
    with engine_of(request.ray) as engine:
        made = engine.map(partial(trained_policy, source=source, data=data, how=how), names)
        for number, name in enumerate(names):
            progress(f"training {name}", number, len(names))
            try:
                policy, sentence = next(made)
            except OutcomesError as error:
                raise OutcomesError(f"{fault} {error}".lstrip()) from error
            knobs += [sentence] * bool(sentence)
            policies.append(policy)
    return policies, knobs
