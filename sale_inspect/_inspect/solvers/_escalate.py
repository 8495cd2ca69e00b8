"""Escalation: the winner executes, and while no answer is accepted the next bid does (ours)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from math import fsum

from inspect_ai.log import transcript
from inspect_ai.util import LimitExceededError

from sale_inspect._errors import AuctionError, SaleError
from sale_inspect._inspect.solvers._accepting import Accepting, Judge, Judged
from sale_inspect._inspect.solvers._fresh import Kept
from sale_inspect._inspect.solvers._run_auction import SampleAgents, WinningBid
from sale_inspect._inspect.solvers._work_folder import WorkFolder
from sale_inspect._inspect.store import write_records
from sale_inspect.auction import (
    Executions,
    ExecutionStep,
    Turn,
    escalation_card,
    execution_order,
    standing_step,
)
from sale_inspect.money import Phase

__all__ = ["Escalating"]

_OF_THE_SAMPLE = frozenset({"token", "cost", "time", "working", "operator"})
"""Limits of Inspect that hold for the whole sample: once one is passed, no other execution could call a model."""

_ENDS_THE_SAMPLE = "TerminateSampleError"
_LENGTH = 300


@dataclass(kw_only=True)
class Escalating:
    """The executions of one auction.

    Args:
        accepting: What accepts answers.
        judge: Judges the answers of this sample.
        agents: The agents and the ledger.
        plan: Whether an agent works with its own plan.
        keep: Keeps the conversation as it is.
        run: Executes a bid; the conversation then holds the answer.
        folder: The sandbox's working folder before the first execution; None without a sandbox.
        graded: Whether the answer that the conversation holds is right, by the task's scorers; None if nobody asks.
    """

    accepting: Accepting
    judge: Judge
    agents: SampleAgents
    plan: bool
    keep: Callable[[], Kept]
    run: Callable[[WinningBid], Awaitable[None]]
    folder: WorkFolder | None
    graded: Callable[[], Awaitable[bool | None]] | None = None
    _steps: list[ExecutionStep] = field(default_factory=list)
    _ends: list[_End] = field(default_factory=list)
    _halted: str = ""

    async def work(self) -> None:
        """Execute until an answer is accepted, nobody is left, or `most` further executions were made.

        The conversation, the ledger and the sandbox's working folder are then those of the answer that counts.

        Raises:
            Exception: The error of the execution that counts, if none came to its end.
        """
        order = execution_order(self.agents.ledger.book.records[self.agents.ledger.number])
        allowed = order[: self.accepting.most + 1]
        begin = self.keep()
        try:
            for number, bid in enumerate(allowed):
                if number:
                    begin.put_back()
                await self._step(number, bid, only=len(order) == 1)
                if self._steps[-1].accepted or not await self._folder_again(number + 1 < len(allowed)):
                    break
        except BaseException:
            # A limit of the sample, or an end from outside: Inspect scores what stands so far.
            self._restore()
            raise
        else:
            standing = self._restore()
            if standing != len(self._ends) - 1 and not self._halted:
                await self._ends[standing].put_folder_back()
            failure = self._ends[standing].failure
            if failure is not None:
                raise failure
        finally:
            self._tell(order)

    async def _step(self, number: int, bid: Turn, *, only: bool) -> None:
        """One execution and the verdict on its answer."""
        part = self.agents.ledger.book.parts[self.agents.ledger.number]
        part.worked_instead = ""
        before = self._usd("execute"), self._usd("accept")
        end = _End()
        self._ends.append(end)
        judged: Judged | None = None
        accepted = False
        # An execution that came to no end has no answer that could be right.
        solved: bool | None = None if self.graded is None else False
        try:
            await self._execute(bid, end)
            end.kept = self.keep()
            if end.finished and not end.answered:
                end.reason = "the answer is empty"
            elif end.finished and only:
                accepted, end.reason = True, "no other agent has a valid bid, so it is not judged"
            elif end.finished:
                judged = await self.judge(number, bid.agent, end.kept.answer)
                accepted, end.reason = judged.accepted, judged.reason
            if self.graded is not None and end.finished:
                # After the verdict, which must not know.
                solved = await self.graded()
        finally:
            if end.kept is None:
                end.kept = self.keep()
            end.worked_instead = part.worked_instead
            self._steps.append(
                ExecutionStep(
                    agent=bid.agent,
                    refined=bid.refined,
                    score=None if judged is None else judged.score,
                    threshold=None if judged is None else judged.threshold,
                    accepted=accepted,
                    reason=end.reason,
                    finished=end.finished,
                    answered=end.answered,
                    usd=self._usd("execute") - before[0],
                    usd_accept=self._usd("accept") - before[1],
                    solved=solved,
                )
            )
            self._save()

    async def _execute(self, bid: Turn, end: _End) -> None:
        """Let an agent execute. A fault of its own is kept; one of the sample, or of how it is set up, is raised."""
        bidder = next(each for each in self.agents.bidders if each.name == bid.agent)
        try:
            await self.run(WinningBid(bidder=bidder, strategy=bid.strategy if self.plan else None))
        except LimitExceededError as error:
            end.failure, end.reason = error, f"a limit was reached: {_line(error)}"
            if error.type in _OF_THE_SAMPLE:
                raise
        except SaleError as error:
            end.failure, end.reason = error, _line(error)
            raise
        except Exception as error:
            end.failure, end.reason = error, f"the execution failed: {type(error).__name__}: {_line(error)}"
            if type(error).__name__ == _ENDS_THE_SAMPLE:
                raise
        else:
            end.finished = True

    def _usd(self, phase: Phase) -> float:
        ledger = self.agents.ledger
        return fsum(entry.usd for entry in ledger.book.parts[ledger.number].entries if entry.phase == phase)

    def _restore(self) -> int:
        """Make the conversation and the ledger those of the answer that counts; returns its place."""
        standing = standing_step(self._steps)
        if standing is None:
            return -1
        ledger, end = self.agents.ledger, self._ends[standing]
        if end.kept is not None:
            end.kept.put_back()
        ledger.agent = self._steps[standing].agent
        ledger.book.parts[ledger.number].worked_instead = end.worked_instead
        return standing

    async def _folder_again(self, further: bool) -> bool:
        """Keep what a rejected execution left in the sandbox, since it may count, and make it as before the first one.

        Args:
            further: Whether another execution follows.

        Returns:
            Whether that one may begin.
        """
        if self.folder is None:
            return True
        try:
            self._ends[-1].folder = await self.folder.now()
            if further:
                await self.folder.put_back()
        except AuctionError as error:
            self._halted = _line(error)
        return not self._halted

    def _save(self, stopped: str = "") -> Executions:
        """Write the executions so far to the auction's record in the sample's store."""
        ledger, scorer = self.agents.ledger, self.accepting.scorer
        standing = standing_step(self._steps)
        found = Executions(
            most=self.accepting.most,
            accept=self.accepting.kind,
            file="" if scorer is None else scorer.file,
            data="" if scorer is None else scorer.data,
            steps=tuple(self._steps),
            stands="" if standing is None else self._steps[standing].agent,
            stopped=stopped,
        )
        records = ledger.book.records
        records[ledger.number] = records[ledger.number].model_copy(update={"escalation": found})
        write_records(each for _, each in sorted(records.items()))
        return found

    def _tell(self, order: Sequence[Turn]) -> None:
        if not self._steps:
            return
        found = self._save(self._stopped(len(order)))
        self.agents.ledger.save()
        transcript().info(escalation_card(found), source="sale executions")

    def _stopped(self, bidders: int) -> str:
        last = self._steps[-1]
        if last.accepted:
            return f"The answer of {last.agent} is accepted: {last.reason}."
        if self._halted:
            why = f"No answer is accepted, and it could not go on: {self._halted}"
        elif len(self._steps) == bidders:
            why = "No answer is accepted, and no other agent has a valid bid."
        elif len(self._steps) == self.accepting.most + 1:
            why = f"No answer is accepted, and escalate={self.accepting.most} allows no further execution."
        else:
            why = f"It ended at {last.agent}: {last.reason}."
        step = self._steps[standing_step(self._steps) or 0]
        if not step.finished:
            return f"{why} No execution came to its end."
        best = (
            "it has the highest score" if step.score is not None else "none has a score, and the auction preferred it"
        )
        return f"{why} The answer of {step.agent} counts: {best}."


@dataclass(kw_only=True, slots=True)
class _End:
    """What an execution left."""

    kept: Kept | None = None
    finished: bool = False
    failure: Exception | None = None
    reason: str = "the sample was ended meanwhile"
    worked_instead: str = ""
    folder: WorkFolder | None = None

    @property
    def answered(self) -> bool:
        return self.kept is not None and bool(self.kept.answer.strip())

    async def put_folder_back(self) -> None:
        if self.folder is not None:
            await self.folder.put_back()


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:_LENGTH] if lines else "no message"
