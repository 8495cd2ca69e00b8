"""What a log says, before anything is decided about it: no score is chosen, nothing is named, priced or left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sale_inspect.auction import AuctionRecord
from sale_inspect.money import Entry
from sale_inspect.routers import RoutingRecord

__all__ = ["HumanClock", "LogFacts", "LogHead", "SampleFacts", "UncountedCalls", "cut_off"]

_CUT_OFF = ("CancelledError(", "Cancelled(")
"""What Inspect writes as the error of a sample that was running when the process was killed or told to stop."""


def cut_off(error: str | None) -> bool:
    """Whether a sample's error is that its process was stopped from outside, which is no fault of what it ran."""
    return error is not None and error.startswith(_CUT_OFF)


@dataclass(frozen=True, kw_only=True, slots=True)
class UncountedCalls:
    """Model calls whose tokens are not known.

    Attributes:
        model: Inspect's model string.
        reason: Why.
        calls: How many.
    """

    model: str
    reason: str
    calls: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class HumanClock:
    """What Inspect's human agent kept of a person at a task.

    Attributes:
        seconds: Working time; None if it was not kept.
        answer: What the person submitted; None if nothing.
        running: The clock was still running.
        stood_seconds: How long the clock stood between its first start and its last; None if the log does not say.
        has_session: Whether the terminal's recording is there.
    """

    seconds: float | None
    answer: str | None
    running: bool
    stood_seconds: float | None = None
    has_session: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleFacts:
    """One sample of a log.

    Attributes:
        sample_id: Its id in the dataset.
        epoch: From 1.
        uuid: Inspect's id of the sample's run; empty in old logs.
        text: What a router may read of the task, never a target.
        digest: SHA-256 of the task: its text, and what of it is no text.
        unseen: Parts of the task that are no text (pictures, sound, files).
        metadata: The dataset's metadata, as far as they are words, numbers and truth values.
        scores: Values of all scores by name, as the log has them.
        error: First line of the error that ended it; None if it ended well.
        invalidated: Somebody declared it invalid.
        limit: Kind of the limit that stopped it; empty if none did.
        seconds: Working time.
        started: When it began, ISO time.
        answer: The answer's text.
        answer_tokens: Output tokens of the call that gave it; None if not known.
        tool_rounds: Turns in which the agent that executed called a tool, handing in the answer not counted; None if
            the log keeps no messages.
        unread_answer: The answer is empty, or a score says that it found none in it.
        ledger_policy: `sale`, `single` or `routed NAME` if a solver of this package ran; else empty.
        agent: The agent that executed, as the ledger names it.
        pool: Name of the pool.
        simulated: The pool's agents are simulated.
        prices: The pool's prices by agent.
        agents: What makes each of the pool's agents what it is: model, config, and a hash of the rest.
        entries: Calls of the attempt that counts, `grade` for those of scorers. Dollars are NaN where not recorded.
        attempts: Calls of earlier attempts at the same sample, as far as the log kept them.
        uncounted: Calls whose tokens are not known.
        worked_instead: Which models did the task, if the chosen agent's own was not called; empty if it was.
        sums_only: The log has no transcript, so `entries` are Inspect's sums, scorers' calls included.
        inspect_tokens: Inspect's own sum of tokens for the attempt that counts; None if it has none.
        unbooked_tokens: What that sum has beyond `entries`; negative if it has fewer.
        records: Its auctions, without texts.
        routing: What a router decided.
        human: The clock of a person.
        contaminated_pages: How many pages that the agent saw hold the question and its answer; None if nobody looked.
    """

    sample_id: str
    epoch: int = 1
    uuid: str = ""
    text: str = ""
    digest: str = ""
    unseen: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    invalidated: bool = False
    limit: str = ""
    seconds: float | None = None
    started: str = ""
    answer: str = ""
    answer_tokens: int | None = None
    tool_rounds: int | None = None
    unread_answer: bool = False
    ledger_policy: str = ""
    agent: str = ""
    pool: str = ""
    simulated: bool = False
    prices: Mapping[str, Any] = field(default_factory=dict)
    agents: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    attempts: tuple[Entry, ...] = ()
    uncounted: tuple[UncountedCalls, ...] = ()
    worked_instead: str = ""
    sums_only: bool = False
    inspect_tokens: int | None = None
    unbooked_tokens: int = 0
    records: tuple[AuctionRecord, ...] = ()
    routing: RoutingRecord | None = None
    human: HumanClock | None = None
    contaminated_pages: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LogHead:
    """What a log says of its evaluation.

    Attributes:
        log: File name.
        log_path: Where it was read, from the working folder if it lies in it.
        label: The user's name for its policy (`NAME=FOLDER`); empty if none was given.
        status: Inspect's status.
        run: Inspect's id of the evaluation.
        eval_task_id: Inspect's id that a retry shares with what it retries.
        created: When it began, ISO time.
        task: Inspect's name of the task.
        task_version: Its version.
        task_args: Its arguments.
        solver: Name of the solver; empty for the task's own.
        solver_args: Its arguments.
        steps: The solvers of the plan, with their arguments.
        model: Inspect's model string.
        model_args: Its arguments.
        config: Generation config.
        roles: Models by role.
        metadata: Of the evaluation.
        dataset: Name of the dataset.
        sample_ids: Ids of the samples that it was to do; None if it does not say.
        epochs: How many.
        headline: The score of the task's headline metric; empty if it names none.
        packages: Versions by package.
        order_seed: Seed of the order of tasks; None if it states none.
        tokens: Inspect's sum of tokens over all attempts; None if it has none.
        usd: The same in dollars; None if none are recorded.
        set_hash: Hash of the set of tasks, if an earlier reading made it; empty to make it.
        samples_planned: Samples that it was to do, if `sample_ids` are not kept.
    """

    log: str
    log_path: str = ""
    label: str = ""
    status: str = "success"
    run: str = ""
    eval_task_id: str = ""
    created: str = ""
    task: str = ""
    task_version: str = "0"
    task_args: Mapping[str, Any] = field(default_factory=dict)
    solver: str = ""
    solver_args: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()
    model: str = ""
    model_args: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    roles: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    dataset: str = ""
    sample_ids: tuple[str, ...] | None = None
    epochs: int = 1
    headline: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    order_seed: int | None = None
    tokens: int | None = None
    usd: float | None = None
    set_hash: str = ""
    samples_planned: int = 0

    @property
    def planned(self) -> int:
        """Samples that the evaluation was to do, epochs counted; 0 if it does not say."""
        return self.samples_planned or len(self.sample_ids or ()) * self.epochs


@dataclass(frozen=True, kw_only=True, slots=True)
class LogFacts:
    """A log: its head and its samples, in their order in the log."""

    head: LogHead
    samples: tuple[SampleFacts, ...] = ()
