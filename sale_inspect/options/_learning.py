"""The options that say what a run learns on the way."""

from __future__ import annotations

from typing import Annotated, Literal

from sale_inspect._errors import OptionError
from sale_inspect.options._option import Option, Recorded, between

__all__ = ["Explore", "Learn", "check_learning"]

_SERVER = ("postgresql:", "postgres:")


def check_learning(learn: str | None, explore: float | None, memory: str | bool, frozen: bool) -> None:
    """The rules between the options.

    Args:
        learn: What is learnt from.
        explore: Share of tasks that go to another agent.
        memory: The run's memory.
        frozen: Whether it is only read.

    Raises:
        OptionError: If one has no effect beside the others.
    """
    if learn is None:
        if explore is not None:
            raise OptionError("explore has no effect without learn. Give learn=outcome.")
        return
    if memory in ("off", False):
        raise OptionError(
            "learn=outcome has no effect with memory=off: what the run learns from is its memory. Give memory=run, or "
            "leave memory out."
        )
    if isinstance(memory, str) and memory.startswith(_SERVER):
        raise OptionError(
            "learn=outcome needs the outcomes of the whole run, and of other processes this one only hears that "
            "they are done. Give memory=run or a file in place of the address, or leave learn out."
        )
    if frozen:
        raise OptionError(
            "learn=outcome has no effect with frozen=true: it learns from the outcomes of this run, and a frozen "
            "memory shows none of them. Leave frozen out."
        )


Learn = Annotated[
    Literal["outcome"] | None,
    Option(
        "`outcome`: the outcomes of the run so far, at places at least `memory_lag` before, shift the probabilities of "
        "a calibrated file (ours). Off by default.",
        told="learning by {}",
        recorded=Recorded(),
    ),
]
Explore = Annotated[
    float | None,
    Option(
        "With learn, share of tasks that go to another agent than the chosen one, drawn by the seed, to see how it "
        "does; 0.02 if it is not set.",
        check=between(0, 1),
        told="explore {}",
        recorded=Recorded(),
    ),
]
