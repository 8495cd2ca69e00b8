"""What is replayed: a policy's choices, or what it got when it ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import Floats, Router, Rows, TaskBatch
from sale_inspect.stats import AgentGrid, Realised

__all__ = ["Policy", "PolicySetting", "routed"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PolicySetting:
    """A policy at one value of its knob. Either `agent`, or `correct` and `dollars`.

    Attributes:
        value: The knob.
        agent: (T,), columns of the chosen agents.
        correct: (T,), pass@1, of a policy that is no choice of one agent.
        dollars: (T,), dollars of all its runs, without overhead.
        overhead: (T,), dollars of deciding; those of the policy by default.
    """

    value: float
    agent: Rows | None = None
    correct: Floats | None = None
    dollars: Floats | None = None
    overhead: Floats | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Policy:
    """A way to have T tasks done, all of them held out from its fit.

    A router gives `agent` alone: its outcomes are those of the agents it chose. A policy whose outcome is no cell of
    the table (an auction that was held, a cascade that pays for several runs) gives `correct` and `dollars`, and
    `agent` if one agent's answer counts.

    Attributes:
        name: Its name, once in a replay.
        agent: (T,), columns of the chosen agents.
        correct: (T,), pass@1 that was really had.
        dollars: (T,), dollars of all runs that were really made, without overhead.
        tokens: (T,), tokens of these runs and of deciding.
        overhead: (T,), dollars of deciding: bids, juries, classifiers. None means that deciding costs nothing, as
            with an embedding on one's own CPU.
        overhead_tokens: (T,), tokens of deciding, where `agent` alone is given.
        knob: Name of its knob, or "".
        curve: What it does at other values of the knob.
    """

    name: str
    agent: Rows | None = None
    correct: Floats | None = None
    dollars: Floats | None = None
    tokens: Floats | None = None
    overhead: Floats | None = None
    overhead_tokens: Floats | None = None
    knob: str = ""
    curve: tuple[PolicySetting, ...] = ()

    def realised(self, grid: AgentGrid) -> Realised:
        """What it gets on the tasks of the table.

        Raises:
            OutcomesError: If it does not fit the table.
        """
        try:
            return self._realised(grid)
        except (ValueError, IndexError) as problem:
            raise OutcomesError(f"Policy {self.name!r}: {problem}") from None

    def _realised(self, grid: AgentGrid) -> Realised:
        got = _got(grid, self.agent, self.correct, self.dollars, self.overhead)
        if self.correct is not None:
            return Realised(
                correct=got.correct, dollars=got.dollars, overhead=got.overhead, tokens=self.tokens, agent=got.agent
            )
        if got.tokens is None or self.overhead_tokens is None:
            return got
        return Realised(
            correct=got.correct,
            dollars=got.dollars,
            overhead=got.overhead,
            tokens=got.tokens + self.overhead_tokens,
            agent=got.agent,
        )

    def settings(self, grid: AgentGrid) -> tuple[Realised, ...]:
        """What it gets at each value of its curve.

        Raises:
            OutcomesError: If a setting does not fit the table.
        """
        return tuple(self._at(grid, setting) for setting in self.curve)

    def _at(self, grid: AgentGrid, setting: PolicySetting) -> Realised:
        paid = self.overhead if setting.overhead is None else setting.overhead
        try:
            return _got(grid, setting.agent, setting.correct, setting.dollars, paid)
        except (ValueError, IndexError) as problem:
            raise OutcomesError(f"Policy {self.name!r} at {self.knob} {setting.value:g}: {problem}") from None


def _got(
    grid: AgentGrid, agent: Rows | None, correct: Floats | None, dollars: Floats | None, overhead: Floats | None
) -> Realised:
    if (correct is None) != (dollars is None):
        raise ValueError("give correct and dollars both, or neither.")
    if correct is None or dollars is None:
        if agent is None:
            raise ValueError("give the chosen agents, or correct and dollars.")
        return grid.realised(agent, overhead)
    if len(correct) != len(grid.correct):
        raise ValueError(f"outcomes of {len(correct)} tasks, the table has {len(grid.correct)}.")
    if agent is not None:
        # For its checks: the columns must be in the table.
        agent = grid.realised(agent).agent
    paid = np.zeros(len(correct)) if overhead is None else np.asarray(overhead, dtype=np.float64)
    return Realised(correct=correct, dollars=dollars, overhead=paid, agent=agent)


def routed(
    router: Router,
    tasks: TaskBatch,
    *,
    name: str = "",
    knobs: Iterable[float] | None = None,
    overhead: Floats | None = None,
) -> Policy:
    """The policy of a fitted router on held-out tasks, at its knob's value and along its knob's grid.

    Args:
        router: The router; its agents must be the table's, in its order.
        tasks: The tasks, in the order of the table.
        name: Name in the replay; the router's by default.
        knobs: Values of the curve; the router's own grid by default, none if it has no knob.
        overhead: (T,), dollars of deciding.
    """
    knob = router.knob
    values: Sequence[float] = () if knob is None else tuple(knob.grid if knobs is None else knobs)
    return Policy(
        name=name or router.name,
        agent=router.choose(tasks).agent,
        overhead=overhead,
        knob="" if knob is None else knob.name,
        curve=tuple(PolicySetting(value=value, agent=router.at(value).choose(tasks).agent) for value in values),
    )
