"""The options that say when a further bid executes."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated

from sale_inspect._errors import OptionError
from sale_inspect.auction import RATING_SCALE
from sale_inspect.options._option import Option, Recorded, at_least

__all__ = ["Accept", "AcceptAt", "Escalate", "ScoreSteps", "accept_parts", "check_escalation"]


def accept_parts(accept: str) -> tuple[str, str]:
    """What accepts an answer (`scorer`, `jury` or `examples`), and the scorer's file."""
    kind, _, file = accept.partition(":")
    return kind, file


def _known(name: str, value: str | None) -> None:
    if value is None:
        return
    kind, file = accept_parts(value)
    if kind not in ("scorer", "jury", "examples") or (kind == "scorer") != bool(file.strip()):
        raise OptionError(f"{name} must be scorer:FILE, jury or examples, got {value!r}.")


def _accept_kept(value: str | None) -> str | None:
    """The kind, and of a file its name: a path says nothing of what decided."""
    if value is None:
        return None
    kind, file = accept_parts(value)
    return f"{kind}:{PurePath(file).name}" if file else kind


def _accept_told(value: str | None) -> str:
    if value is None:
        return ""
    kind, file = accept_parts(value)
    return f"accepted by {PurePath(file).stem or kind}"


def check_escalation(
    escalate: int, accept: str | None, accept_at: float | None, jury: bool, score_steps: bool = False
) -> None:
    """The rules between the options.

    Args:
        escalate: The most further executions.
        accept: What accepts an answer.
        accept_at: The least score that is accepted.
        jury: Whether anybody rates at all.
        score_steps: Whether each answer is scored for a fit.

    Raises:
        OptionError: If an option has no effect beside the others, or one is missing.
    """
    if not escalate:
        for name, value in (("accept", accept), ("accept_at", accept_at), ("score_steps", score_steps or None)):
            if value is not None:
                raise OptionError(
                    f"{name} has no effect without escalate. Give the most further executions: escalate=1."
                )
        return
    if accept is None:
        raise OptionError(
            "escalate needs accept: what says that an answer is good enough. Give accept=scorer:FILE (a cascade of "
            "`sale-inspect train --router frugalgpt`), accept=jury with accept_at, or accept=examples."
        )
    kind, _ = accept_parts(accept)
    if kind == "examples" and accept_at is not None:
        raise OptionError("accept_at has no effect with accept=examples: an answer is accepted if all of them pass.")
    if kind == "jury" and not jury:
        raise OptionError("accept=jury has no effect with drop=jury: nobody is asked.")
    if kind == "jury" and accept_at is None:
        raise OptionError(
            f"accept=jury needs accept_at: the least mean rating of an accepted answer, from 0 to {RATING_SCALE}."
        )
    most = RATING_SCALE if kind == "jury" else 1
    if accept_at is not None and not 0 <= accept_at <= most:
        what = "mean rating" if kind == "jury" else "probability"
        raise OptionError(f"accept_at must be a {what} from 0 to {most} with accept={kind}, got {accept_at!r}.")


Escalate = Annotated[
    int,
    Option(
        "Most further executions (ours). The winner's answer is accepted, or the next bid executes, and so on; all "
        "that ran is paid. 0: only the winner executes (the paper's).",
        check=at_least(0),
        told="escalate {}",
        recorded=Recorded(),
    ),
]
Accept = Annotated[
    str | None,
    Option(
        "With escalate, what accepts an answer: `scorer:FILE` (the answer scorer of a cascade of `sale-inspect "
        "train`), `jury` (the judges rate the answer), or `examples` (all examples in the task's text pass; never its "
        "tests).",
        check=_known,
        told=_accept_told,
        recorded=Recorded(form=_accept_kept),
    ),
]
ScoreSteps = Annotated[
    bool,
    Option(
        "With escalate, have the task's scorers score the answer of each execution, and keep that in the record: for "
        "`sale-inspect fit --objective accept` on dev tasks. It decides nothing; what graders spend is in no figure.",
    ),
]
AcceptAt = Annotated[
    float | None,
    Option(
        "Least score of an accepted answer: a probability with `scorer` (without it, the thresholds of the file at its "
        "knob), a mean rating from 0 to 5 with `jury`.",
        told="accepted from {}",
        recorded=Recorded(),
    ),
]
