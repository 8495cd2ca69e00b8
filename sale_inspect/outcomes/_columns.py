"""The columns of a table of outcomes: their types and meanings, for files and for docs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["COLUMNS", "META_KEY", "SCHEMA_VERSION", "OutcomeColumn"]

SCHEMA_VERSION = 1
"""Version of the columns. A reader refuses another one."""

META_KEY = "sale_inspect.outcomes"
"""Key of the Parquet file's metadata that holds version and notes, as JSON."""

Type = Literal["text", "number", "whole", "yes/no"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeColumn:
    """One column.

    Attributes:
        name: Its name, which is also the field of `OutcomeRow`.
        type: `text`, `number` (64-bit), `whole` (64-bit) or `yes/no`.
        null: Whether a cell may be empty because the value is not known.
        high: Largest value of a `number`; the least is 0.
        meaning: One line, with the unit.
        later: Files of earlier versions lack it; it is empty there.
    """

    name: str
    type: Type
    null: bool = False
    high: float = math.inf
    meaning: str
    later: bool = False


def _column(
    name: str, type_: Type, meaning: str, null: bool = False, high: float = math.inf, later: bool = False
) -> OutcomeColumn:
    return OutcomeColumn(name=name, type=type_, null=null, meaning=meaning, high=high, later=later)


COLUMNS: tuple[OutcomeColumn, ...] = (
    _column("kind", "text", "agent (ran alone) or policy (chose an agent: SALE, a router)"),
    _column("task", "text", "id of the task"),
    _column("epoch", "whole", "which of several runs, from 1"),
    _column("agent", "text", "the agent; empty for a policy"),
    _column("policy", "text", "the policy; empty for an agent"),
    _column("winner", "text", "the agent that a policy chose; empty for an agent"),
    _column("correct", "number", "score, 0 to 1", high=1.0),
    _column("dollars", "number", "US dollars of the run; all that a policy spent"),
    _column("overhead_usd", "number", "those that a policy spent before execution, US dollars", null=True),
    _column("tokens", "number", "tokens of the run, cached ones included", null=True),
    _column("seconds", "number", "seconds of the run", null=True),
    _column("basis", "text", "recorded or estimated: the tokens behind the dollars"),
    _column("price_date", "text", "date of the prices; empty if not stated"),
    _column("simulated", "yes/no", "whether the agents are simulated"),
    _column("bin", "text", "complexity bin; empty if none"),
    _column("tau", "number", "human time, minutes", null=True),
    _column(
        "tau_form", "text", "how tau is known: exact, timed, rounded, bin or proxy; empty if not stated", later=True
    ),
    _column("tau_low", "number", "lower end of what tau may be, minutes", null=True, later=True),
    _column("tau_high", "number", "upper end, minutes", null=True, later=True),
    _column("source", "text", "dataset that the task is from"),
    _column("text", "text", "what a router may read of the task, never a target"),
    _column("text_hash", "text", "SHA-256 of the text, hexadecimal; empty for no text"),
    _column("answer", "text", "the answer, capped; empty if not kept"),
    _column("pool", "text", "name of the pool"),
    _column("place", "whole", "the agent's place in the pool, from 0", null=True),
    _column("task_name", "text", "Inspect's name of the task"),
    _column("task_version", "text", "Inspect's version of the task"),
    _column("order_seed", "whole", "seed of the order of tasks", null=True),
    _column("log", "text", "name of the file that says so"),
    _column("sample_uuid", "text", "Inspect's mark of the sample"),
)
"""All columns, in their order."""
