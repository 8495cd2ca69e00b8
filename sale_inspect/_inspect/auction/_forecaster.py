"""A calibrated fit at work: whether an auction is held, and whom its bids are given to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import anyio.to_thread
import numpy as np

from sale_inspect._errors import PoolError
from sale_inspect._inspect.view import TaskView
from sale_inspect.auction import AuctionRecord, CalibratedRecord, EntropyKind, Gating, Learnt
from sale_inspect.embedding import Embedder, make_embedder
from sale_inspect.outcomes import clean

if TYPE_CHECKING:
    from sale_inspect.calibrated import CalibratedFile, Learner, TaskFacts

__all__ = ["Forecaster", "GivenFit", "Lessons"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GivenFit:
    """A calibrated fit that decides the auctions of a run.

    Attributes:
        file: The fit.
        name: Name of its file.
        embedder: Which embedder to make for it: `minilm` or `hashing`.
        auction: Hold an auction where it can pay for itself, or always.
        explore: Share of tasks that go to another agent, if the run learns from outcomes; None if it does not.
    """

    file: CalibratedFile
    name: str
    embedder: str
    auction: Gating
    explore: float | None = None

    @property
    def key(self) -> str:
        """What tells the fit from others in a run."""
        return f"{self.name} {self.file.header.data_hash}"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Lessons:
    """What the run has learnt before a task.

    Attributes:
        learner: From the outcomes.
        before: Positions below this one.
        draw: Hexadecimal digits that decide whether the task goes to another agent.
    """

    learner: Learner
    before: int
    draw: str


class Forecaster:
    """A fit that looks at one task.

    Args:
        fit: The fit.
        facts: The task, as the fit reads it; from `look`.
        lessons: What the run has learnt before the task; None if it learns nothing.
    """

    def __init__(self, fit: GivenFit, facts: TaskFacts, lessons: Lessons | None) -> None:
        self._fit, self._facts, self._lessons = fit, facts, lessons

    @classmethod
    async def look(cls, fit: GivenFit, task: TaskView, lessons: Lessons | None = None) -> Forecaster:
        """Embed the task. In a thread, since the samples beside this one wait for their models meanwhile.

        Raises:
            PoolError: If the embedding here is not that of the fit.
        """
        from sale_inspect.calibrated import task_of

        text = clean(task.sample)
        (row,) = await anyio.to_thread.run_sync(_embed, fit.embedder, text)
        wanted = fit.file.header.embedder.dimensions
        if len(row) != wanted:
            raise PoolError(
                f"Calibrated file {fit.name}: field `embedder`: fitted with {wanted} dimensions, but the embedder has "
                f"{len(row)} here. Fit it again."
            )
        return cls(fit, task_of(text, row, clean(task.domain)), lessons)

    @property
    def _learner(self) -> Learner | None:
        return None if self._lessons is None else self._lessons.learner

    def before(self) -> CalibratedRecord:
        """Whether the auction is held, and who is chosen if not."""
        from sale_inspect.calibrated import before_bids

        gate, choice = before_bids(self._fit.file, self._facts, auction=self._fit.auction, learner=self._learner)
        return CalibratedRecord(
            file=self._fit.name,
            data=self._fit.file.header.data_hash,
            auction=self._fit.auction,
            held=gate.hold,
            gain_usd=gate.gain_usd,
            bill_usd=gate.bill_usd,
            gate=gate.reason,
            before=choice,
            learnt=self._told(),
        )

    def instead(self, made: CalibratedRecord, able: Sequence[str]) -> CalibratedRecord:
        """The decision with who does the task in place of the chosen agent, if the draw says so.

        Args:
            made: The decision.
            able: The agents that may do the task, in pool order.
        """
        from sale_inspect.calibrated import drawn_explorer

        if self._lessons is None or made.learnt is None:
            return made
        decision = made.decision
        other = drawn_explorer(decision.winner, able, made.learnt.explore, self._lessons.draw)
        if not other:
            return made
        of = {each.agent: each for each in decision.forecasts}
        learnt = made.learnt.model_copy(
            update={
                "instead": other,
                "price_p": of[decision.winner].p - of[other].p,
                "price_usd": of[other].usd - of[decision.winner].usd,
            }
        )
        return made.model_copy(update={"learnt": learnt})

    def _told(self) -> Learnt | None:
        lessons, explore = self._lessons, self._fit.explore
        if lessons is None or explore is None:
            return None
        learner = lessons.learner
        return Learnt(
            outcomes=learner.outcomes,
            before=lessons.before,
            shifts=learner.shifts,
            stretches=learner.stretches,
            explore=explore,
        )

    def kind(self, kind: EntropyKind) -> EntropyKind:
        """The entropy that the fit reads, of an auction that could give `kind`: from the text it is always there."""
        known = self._fit.file.header.features.entropy_kinds
        return kind if kind in known or "text" not in known else "text"

    def after(self, asked: CalibratedRecord, record: AuctionRecord) -> AuctionRecord:
        """The auction with the fit's choice among those who made a valid bid.

        Args:
            asked: What was decided before the bids.
            record: The auction, with bids and ratings.
        """
        from sale_inspect.calibrated import after_bids, bids_of, without_bids

        file, notes = self._fit.file, record.notes
        known = file.header.features.entropy_kinds
        if record.entropy_kind in known:
            choice = after_bids(file, self._facts, bids_of(file.agents, [record]), learner=self._learner)
        else:
            choice = without_bids(file, self._facts, [bid.agent for bid in record.bids], learner=self._learner)
            notes = (
                *notes,
                f"Not every bid has an entropy from {known[0]}, and the fit knows no other: forecasts without bids "
                "decide, among those who bid.",
            )
        bidders = {bid.agent for bid in record.bids}
        made = self.instead(
            asked.model_copy(update={"after": choice}), [agent for agent in record.agents if agent in bidders]
        )
        return record.model_copy(
            update={
                "calibrated": made,
                "provisional_winner": made.worker,
                "winner": made.worker,
                "notes": notes,
            }
        )


@lru_cache(maxsize=2)
def _embedder(choice: str) -> Embedder:
    return make_embedder(choice)


def _embed(choice: str, text: str) -> list[list[float]]:
    return [list(row) for row in np.asarray(_embedder(choice).embed([text]), dtype=np.float32)]
