"""One bounded model call whose failure is a reason, not an exception."""

from __future__ import annotations

from dataclasses import dataclass

import anyio
from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput
from inspect_ai.util import LimitExceededError, current_span_id

from sale_inspect._inspect.store import Bidder, SampleLedger, reply_fault, transcript_length, transcript_since
from sale_inspect.money import Phase

__all__ = ["Reply", "ask"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back: an output, or the reason why none did."""

    output: ModelOutput | None = None
    reason: str = ""


async def ask(
    bidder: Bidder,
    phase: Phase,
    messages: list[ChatMessage],
    config: GenerateConfig,
    *,
    timeout: float,
    ledger: SampleLedger,
) -> Reply:
    """Call the bidder's model once and book it. The call is alone in the transcript's current span.

    Args:
        bidder: Whose model to call.
        phase: Phase that the call belongs to.
        messages: The conversation.
        config: What differs from the agent's own generation config.
        timeout: Seconds, retries and waiting for a connection included.
        ledger: Where the call is booked.

    Returns:
        The output, or the reason of the failure: a time-out, an error of the provider, a refusal.
    """
    start, span = transcript_length(), current_span_id()

    def lost(reason: str) -> Reply:
        """What the provider answered all the same is booked, for instance the reply that broke a limit."""
        events = [event for event in transcript_since(start) if event.span_id == span]
        if not ledger.add_events(phase, bidder, events, reason):
            ledger.add_uncounted(phase, bidder, reason)
        return Reply(reason=reason)

    output = None
    try:
        with anyio.move_on_after(timeout):
            output = await bidder.model.generate(messages, config=config)
    except LimitExceededError as error:
        lost(_first_line(error))
        raise
    except Exception as error:  # noqa: BLE001 - providers raise what they like; the reason is recorded
        return lost(f"{type(error).__name__}: {_first_line(error)}")
    except BaseException:
        lost("interrupted before its reply")
        raise
    if output is None:
        return lost(f"no answer within {timeout:g} s")
    ledger.add(phase, bidder, output)
    fault = reply_fault(output)
    return Reply(reason=fault) if fault else Reply(output=output)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else "no message"
