"""The interface of every cascade: agents run in turn until an answer is accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts._base import Arrays, Features, Knob
from sale_inspect.routers.parts._outcomes import Floats, Outcomes, Rows

__all__ = [
    "Acceptance",
    "Cascade",
    "CascadeRuns",
    "answer_text",
    "check_answers",
    "embed_answers",
    "replay_cascade",
]

_QUERY_CHARACTERS = 400
_ANSWER_CHARACTERS = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """Whether an answer is accepted.

    Attributes:
        accept: Whether the cascade ends here.
        probability: Predicted probability that the answer is correct.
        threshold: The least probability that is accepted; 0 for the last agent.
    """

    accept: bool
    probability: float
    threshold: float


@runtime_checkable
class Cascade(Protocol):
    """A fitted cascade. It reads answers, so it chooses no agent before anything runs, and pays for all runs.

    A verdict depends on the cascade, the task and the answer alone, so a replay decides as a live run.
    """

    @property
    def name(self) -> str:
        """Its name in the registry."""
        ...

    @property
    def agents(self) -> tuple[str, ...]:
        """The N agents, in the order of the columns."""
        ...

    @property
    def order(self) -> tuple[int, ...]:
        """Columns of the L agents in the order in which they run."""
        ...

    @property
    def thresholds(self) -> Floats:
        """(L,) least accepted probabilities, step by step; 0 at the last."""
        ...

    @property
    def knob(self) -> Knob | None:
        """Its budget, dollars a task."""
        ...

    def at(self, value: float) -> Self:
        """The same fit with another budget: other order and thresholds. Costs nothing."""
        ...

    def accepts(self, step: int, task: Features, answer: Features) -> Acceptance:
        """Judge the answer of the agent `order[step]`. The last agent's answer is always accepted.

        Args:
            step: From 0 to L - 1.
            task: (D,) embedding of the task's text.
            answer: (D',) embedding of `answer_text` of the task's text and the answer.
        """
        ...

    def probability(self, agent: int, task: Features, answer: Features) -> float:
        """Predicted probability that an agent's answer is correct, whether or not the agent is in the running order.

        Args:
            agent: Its column.
            task: (D,) as for `accepts`.
            answer: (D',) as for `accepts`.
        """
        ...

    def verdicts(self, tasks: Features, answers: Features) -> tuple[Floats, Floats]:
        """(T, L) probabilities and (L,) thresholds, as `accepts` gives them one by one.

        Args:
            tasks: (T, D) embeddings of the tasks' texts.
            answers: (T, N, D') embeddings of the answers of all N agents.
        """
        ...

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """Plain JSON values and arrays from which the registry can make the cascade again."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CascadeRuns:
    """What a cascade does on T tasks.

    Attributes:
        ran: (T, L) whether the agent of a step ran. It is a prefix of ones in each row.
        agent: (T,) column of the agent whose answer is accepted.
        correct: (T,) pass@1 of that answer.
        dollars: (T,) dollars of all runs made.
        tokens: (T,) tokens of all runs made, or None.
        seconds: (T,) seconds of all runs made, one after another, or None.
    """

    ran: Rows
    agent: Rows
    correct: Floats
    dollars: Floats
    tokens: Floats | None
    seconds: Floats | None


def replay_cascade(cascade: Cascade, outcomes: Outcomes, tasks: Features, answers: Features) -> CascadeRuns:
    """Run a cascade on recorded outcomes and pay for every run it makes.

    Args:
        cascade: The cascade.
        outcomes: Of T tasks by its N agents.
        tasks: (T, D) embeddings of the tasks' texts.
        answers: (T, N, D') from `embed_answers`.

    Raises:
        OutcomesError: If agents or shapes disagree.
    """
    if outcomes.agents != cascade.agents:
        raise OutcomesError(
            f"Cascade {cascade.name}: fitted for {', '.join(cascade.agents)}, but the outcomes are of "
            f"{', '.join(outcomes.agents)}. Give outcomes of its agents, in its order."
        )
    check_answers(outcomes, tasks, answers)
    probabilities, thresholds = cascade.verdicts(tasks, answers)
    order = np.array(cascade.order, dtype=np.intp)
    accepted = probabilities >= thresholds
    accepted[:, -1] = True
    last = np.argmax(accepted, axis=1)
    ran = np.arange(len(order))[None, :] <= last[:, None]
    agent = order[last]
    every = np.arange(len(outcomes))

    def paid(values: Floats) -> Floats:
        return np.asarray(np.where(ran, values[:, order], 0.0).sum(axis=1), dtype=np.float64)

    return CascadeRuns(
        ran=ran.astype(np.intp),
        agent=agent,
        correct=outcomes.correct[every, agent],
        dollars=paid(outcomes.dollars),
        tokens=None if outcomes.tokens is None else paid(outcomes.tokens),
        seconds=None if outcomes.seconds is None else paid(outcomes.seconds),
    )


def answer_text(task: str, answer: str) -> str:
    """What is embedded of an answer: "query answer", as FrugalGPT's scorer reads it.

    The first 400 characters of the query and the last 600 of the answer, because the embedding model
    cuts long texts off at the end and an agent's answer comes last (ours).
    """
    return f"{task.strip()[:_QUERY_CHARACTERS]} {answer.strip()[-_ANSWER_CHARACTERS:]}".strip()


def embed_answers(outcomes: Outcomes, embed: Callable[[Sequence[str]], Features]) -> Features:
    """(T, N, D') embeddings of all answers.

    Args:
        outcomes: With answers.
        embed: Turns texts into rows, such as `Embedder.embed`.

    Raises:
        OutcomesError: If the outcomes hold no answers.
    """
    answers = _answers(outcomes)
    texts = [
        answer_text(text, "" if answer is None else str(answer))
        for text, row in zip(outcomes.texts, answers, strict=True)
        for answer in row
    ]
    rows = np.asarray(embed(texts), dtype=np.float32)
    return rows.reshape(len(outcomes), len(outcomes.agents), -1)


def _answers(outcomes: Outcomes) -> Any:
    if outcomes.answers is None:
        raise OutcomesError(
            "A cascade judges answers, but the outcomes hold none. Make the table again with `sale-inspect outcomes "
            "LOGS... --answers`."
        )
    return outcomes.answers


def check_answers(outcomes: Outcomes, tasks: Features, answers: Features | None) -> Features:
    """The embeddings of the answers, if there are any and their shape fits the outcomes.

    Raises:
        OutcomesError: If not. The message says how to get them.
    """
    if answers is None:
        _answers(outcomes)
        raise OutcomesError("A cascade needs embeddings of the answers: pass answers=embed_answers(outcomes, embed).")
    wanted = (len(outcomes), len(outcomes.agents))
    if answers.ndim != 3 or answers.shape[:2] != wanted or not answers.shape[2]:
        raise OutcomesError(
            f"Embeddings of answers have shape {answers.shape}; they must be tasks x agents x dimensions, "
            f"{wanted[0]} x {wanted[1]} x D. Make them with embed_answers."
        )
    if tasks.ndim != 2 or len(tasks) != len(outcomes):
        raise OutcomesError(f"{len(outcomes)} tasks with features of shape {tasks.shape}: give one row for each.")
    if not np.isfinite(answers).all():
        raise OutcomesError("Embeddings of answers: a number is not finite. Embed the answers again.")
    return answers
