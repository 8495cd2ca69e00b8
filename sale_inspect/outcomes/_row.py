"""A row of a table of outcomes: one run of an agent, or of a policy, on a task."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Literal, get_args

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._columns import COLUMNS

__all__ = [
    "ANSWER_CAP",
    "LARGEST_EPOCH",
    "Basis",
    "Kind",
    "OutcomeRow",
    "cap_answer",
    "clean",
    "text_hash",
]

Kind = Literal["agent", "policy"]
"""What ran: one agent alone, or a policy that chose among agents (SALE, a router)."""

Basis = Literal["recorded", "estimated"]
"""Dollars of recorded tokens (or dollars that were recorded), or of tokens that were guessed."""

ANSWER_CAP = 4000
"""Longest answer that a table keeps, characters (ours): about 1,000 tokens, twice what answer scorers read."""

LARGEST_EPOCH = 2**31 - 1
"""Largest number of an epoch."""

_CUT = " [...] "
_HIGH = {column.name: column.high for column in COLUMNS if column.type == "number"}


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeRow:
    """What one agent, or one policy, did on one task in one epoch.

    Attributes:
        kind: `agent` or `policy`.
        task: The task's id.
        epoch: Which of several runs, from 1.
        agent: The agent that ran alone; empty for a policy.
        policy: The policy's name; empty for an agent.
        winner: The agent that a policy chose; empty for an agent.
        correct: Its score, 0 to 1.
        dollars: Dollars of the run; for a policy everything that it spent.
        overhead_usd: Those dollars that a policy spent before execution; None for an agent.
        tokens: Tokens of the run, cached ones included; None if not known.
        seconds: Seconds of the run; None if not known.
        basis: Whether the dollars rest on recorded or on estimated tokens.
        price_date: Date of the prices, as their source states it; empty if it is not stated.
        simulated: Whether the agents are simulated.
        bin: Complexity bin; empty if the task has none.
        tau: Human time, minutes; None if not known.
        tau_form: How tau is known, see `taus.TauSpread`; empty if not stated.
        tau_low: Lower end of what it may be, minutes; None if not known.
        tau_high: Upper end, minutes.
        source: Dataset that the task is from; empty if not stated.
        text: What a router may read of the task, never a target; empty if not known.
        answer: The answer's text; empty if it was not kept.
        pool: Name of the pool; empty if there was none.
        place: The agent's place in the pool, from 0; None if not known.
        task_name: Inspect's name of the task; empty for a table from elsewhere.
        task_version: Inspect's version of the task.
        order_seed: Seed of the order of tasks; None if not stated.
        log: Name of the file that says so.
        sample_uuid: Inspect's mark of the sample; empty for a table from elsewhere.

    Raises:
        OutcomesError: If a value is out of its range.
    """

    kind: Kind = "agent"
    task: str
    epoch: int = 1
    agent: str = ""
    policy: str = ""
    winner: str = ""
    correct: float
    dollars: float
    overhead_usd: float | None = None
    tokens: float | None = None
    seconds: float | None = None
    basis: Basis = "recorded"
    price_date: str = ""
    simulated: bool = False
    bin: str = ""
    tau: float | None = None
    tau_form: str = ""
    tau_low: float | None = None
    tau_high: float | None = None
    source: str = ""
    text: str = ""
    answer: str = ""
    pool: str = ""
    place: int | None = None
    task_name: str = ""
    task_version: str = ""
    order_seed: int | None = None
    log: str = ""
    sample_uuid: str = ""

    def __post_init__(self) -> None:
        _one_of("kind", self.kind, get_args(Kind))
        _one_of("basis", self.basis, get_args(Basis))
        if not self.task:
            raise OutcomesError("Field task: it is empty. Give each task an id.")
        if not self.name:
            raise OutcomesError(f"Field {self.kind}: it is empty. Say who did task {self.task!r}.")
        if not 1 <= self.epoch <= LARGEST_EPOCH:
            raise OutcomesError(f"Field epoch: {self.epoch} is not a count from 1.")
        for name, high in _HIGH.items():
            value: float | None = getattr(self, name)
            if value is not None:
                _in_range(name, value, high)

    @property
    def name(self) -> str:
        """Who did it: the agent, or the policy."""
        return self.agent if self.kind == "agent" else self.policy

    @property
    def text_hash(self) -> str:
        """SHA-256 of the task's text, hexadecimal; empty if the text is not known."""
        return text_hash(self.text)


def text_hash(text: str) -> str:
    """SHA-256 of a task's text, hexadecimal; empty for an empty text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""


def clean(text: str) -> str:
    """The text without lone surrogates, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def cap_answer(text: str, cap: int = ANSWER_CAP) -> str:
    """The answer, cut in its middle to `cap` characters: beginnings and ends hold most answers (ours).

    Args:
        text: The answer.
        cap: Longest answer to keep, characters; at least 8.
    """
    if len(text) <= cap:
        return text
    tail = (cap - len(_CUT)) // 2
    return text[: cap - len(_CUT) - tail] + _CUT + (text[-tail:] if tail else "")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise OutcomesError(f"Field {name}: {value!r} is not one of {', '.join(allowed)}.")


def _in_range(name: str, value: float, high: float) -> None:
    if not (math.isfinite(value) and 0.0 <= value <= high):
        raise OutcomesError(f"Field {name}: {value!r} is not a number from 0 to {high:g}.")
