"""What accepts the answer of an execution: a trained scorer, the jury, or the examples in the task's text (ours).

Beside it what says, for a fit of thresholds, whether an answer is right. What accepts never hears of that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import fsum

from inspect_ai.scorer import score
from inspect_ai.solver import TaskState
from inspect_ai.util import span

from sale_inspect._errors import AuctionError, OptionError, PoolError
from sale_inspect._inspect.auction import Jury, auction_key, memory_of
from sale_inspect._inspect.solvers._embedding import embedded
from sale_inspect._inspect.solvers._prepare import Prepared
from sale_inspect._inspect.solvers._router_files import given_router
from sale_inspect._inspect.solvers._run_auction import SampleAgents
from sale_inspect._inspect.store import current_sample, solved
from sale_inspect._inspect.tasks import check_examples, examples_of
from sale_inspect._inspect.view import TaskView
from sale_inspect.auction import RATING_SCALE, writable
from sale_inspect.options import SaleOptions, accept_parts
from sale_inspect.outcomes import cap_answer, clean
from sale_inspect.pools import Pool
from sale_inspect.routers import Cascade, LiveRouter, answer_text

__all__ = ["Accepting", "Judged", "accepting_of", "graded"]

_NEVER = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What an answer was given.

    Attributes:
        score: The score; None if nothing could be said.
        threshold: The least score that is accepted.
        accepted: Whether the answer is accepted.
        reason: In words.
    """

    score: float | None
    threshold: float
    accepted: bool
    reason: str


Judge = Callable[[int, str, str], Awaitable[Judged]]
"""Judges an answer, from the number of the execution (from 0), the agent and the answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepting:
    """What accepts answers in a run.

    Attributes:
        most: The most further executions.
        kind: `scorer`, `jury` or `examples`.
        at: The least score that is accepted; None for the file's thresholds, or for all examples.
        scorer: The file of the scorer.
    """

    most: int
    kind: str
    at: float | None
    scorer: LiveRouter | None = None

    async def of_sample(
        self, prepared: Prepared, agents: SampleAgents, task: TaskView, state: TaskState | None, text: str
    ) -> Judge:
        """What judges the answers of a sample, after all was checked that can be before anything is paid.

        Args:
            prepared: The options of the auction.
            agents: Its agents.
            task: The task as judges see it.
            state: The solver's state, for examples.
            text: The task's text as a scorer was trained on it.

        Raises:
            OptionError: If no agent could ever execute further, or the task shows no examples.
            PoolError: If the scorer was trained for other agents.
        """
        _check_most(self.most, agents.pool)
        if self.scorer is not None:
            _check_agents(self.scorer, agents.pool)
            return _ByScorer(scorer=self.scorer, at=self.at, text=text).judge
        if self.kind == "jury":
            return _ByJury(jury=_jury(prepared, agents, task), at=self.at or 0.0).judge
        if state is None:
            raise OptionError("accept=examples is for solvers; an agent is not given the form of the task.")
        examples = await examples_of(state, task.text)

        async def judge(number: int, agent: str, answer: str) -> Judged:
            verdict = await check_examples(state, examples, answer)
            if not verdict.reason:
                count = len(examples.tests)
                told = "the example of the task passes" if count == 1 else f"all {count} examples of the task pass"
                return Judged(score=1.0, threshold=1.0, accepted=True, reason=told)
            return Judged(score=verdict.share, threshold=1.0, accepted=False, reason=f"an example: {verdict.reason}")

        return judge


def accepting_of(options: SaleOptions, pool: Pool | None) -> Accepting | None:
    """What accepts answers, from the options; None if only the winner executes.

    Raises:
        OptionError: If the file holds no scorer, or has no threshold for so many executions; if no agent could ever
            execute further.
        OutcomesError: If the file cannot be used, or is for another pool.
    """
    if not options.escalate or options.accept is None:
        return None
    if pool is not None:
        _check_most(options.escalate, pool)
    kind, file = accept_parts(options.accept)
    scorer = None
    if kind == "scorer":
        scorer = given_router(file.strip(), pool, knob=None, seed=options.seed)
        if not isinstance(scorer.router, Cascade):
            raise OptionError(
                f"accept=scorer:{file} holds the router {scorer.name!r}, which scores no answers. Train a cascade: "
                "sale-inspect train TABLE --router frugalgpt."
            )
        runs = len(scorer.router.thresholds)
        if options.accept_at is None and options.escalate >= runs:
            raise OptionError(
                f"accept=scorer:{file} has thresholds for {runs - 1} further executions at most, and escalate is "
                f"{options.escalate}. Give accept_at, escalate={runs - 1}, or train with --option "
                f"length={options.escalate + 1}."
            )
    return Accepting(most=options.escalate, kind=kind, at=options.accept_at, scorer=scorer)


def _check_most(most: int, pool: Pool) -> None:
    others = len(pool.agents) - 1
    if most > others:
        raise OptionError(
            f"escalate={most}: pool {pool.name!r} has {len(pool.agents)} agents, and each executes once at most. Give "
            f"escalate={others} or less."
        )


def _check_agents(scorer: LiveRouter, pool: Pool) -> None:
    if set(scorer.router.agents) != set(pool.names):
        raise PoolError(
            f"accept=scorer:{scorer.file}: it scores answers of {', '.join(scorer.router.agents)}, but pool "
            f"{pool.name!r} has {', '.join(pool.names)}. Train a cascade on outcomes of this pool."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _ByScorer:
    """The answer scorer of a cascade: the probability that the answer is correct, from its text and the task's."""

    scorer: LiveRouter
    at: float | None
    text: str

    async def judge(self, number: int, agent: str, answer: str) -> Judged:
        cascade = self.scorer.router
        assert isinstance(cascade, Cascade)  # noqa: S101 - `accepting_of` has checked it
        texts = [self.text, answer_text(self.text, cap_answer(clean(answer)))]
        task, own = await embedded(self.scorer.embedder, texts)
        score = cascade.probability(cascade.agents.index(agent), task, own)
        threshold = float(cascade.thresholds[number]) if self.at is None else self.at
        accepted = score >= threshold
        told = f"the scorer gives it a probability of {score:.2f}"
        if threshold > _NEVER:
            return Judged(
                score=score,
                threshold=threshold,
                accepted=False,
                reason=f"{told}; the file accepts none at execution {number + 1}",
            )
        how = "at least" if accepted else "below"
        return Judged(score=score, threshold=threshold, accepted=accepted, reason=f"{told}, {how} {threshold:.2f}")


@dataclass(frozen=True, kw_only=True, slots=True)
class _ByJury:
    """The mean rating of the judges that rated the answer."""

    jury: Jury
    at: float

    async def judge(self, number: int, agent: str, answer: str) -> Judged:
        async with span(f"ratings of the answer of {agent}", type="accept"):
            self.jury.ledger.book.open_span()
            ratings = await self.jury.rate_answer(writable(cap_answer(clean(answer))), agent)
        given = [rating for rating in ratings.values() if rating is not None]
        silent = len(ratings) - len(given)
        abstained = f" ({silent} abstained)" if silent else ""
        if not given:
            return Judged(score=None, threshold=self.at, accepted=False, reason="no judge rated it")
        score = fsum(given) / len(given)
        accepted = score >= self.at
        told = (
            f"{len(given)} {'judge rates' if len(given) == 1 else 'judges rate'} it {score:.2f} of {RATING_SCALE}"
            f"{' on average' if len(given) > 1 else ''}{abstained}"
        )
        return Judged(
            score=score,
            threshold=self.at,
            accepted=accepted,
            reason=f"{told}, {'at least' if accepted else 'below'} {self.at:g}",
        )


def _jury(prepared: Prepared, agents: SampleAgents, task: TaskView) -> Jury:
    return Jury(
        judges=agents.bidders,
        key=auction_key(task, prepared.options.seed),
        prefix=task.prefix(prepared.prompts),
        media=task.media,
        options=prepared.options,
        ledger=agents.ledger,
        prompts=prepared.prompts,
    )


async def graded(state: TaskState) -> bool | None:
    """Whether the answer that the state holds is right; None if the scorers do not say.

    Raises:
        AuctionError: If it is not known which scorer gave which score.
        LogError: If nothing says which score counts.
    """
    place = current_sample()
    run = memory_of(state.uuid)
    names = [each.name for each in place.spec.scorers or []] if place.spec is not None else []
    scores = await score(state)
    if len(names) != len(scores) or run is None:
        raise AuctionError(
            "score_steps: a scorer of this task gives no score, so it is not known which score is whose. Leave "
            "score_steps out."
        )
    return solved(dict(zip(names, scores, strict=True)), run[0].wanted, run[0].headline, f"Sample {state.sample_id}")
