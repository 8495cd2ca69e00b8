"""One bounded model call whose failure is a reason, not an exception."""

from __future__ import annotations

from dataclasses import dataclass

import anyio
from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput
from inspect_ai.util import LimitExceededError

from sale_inspect._inspect._bidders import Bidder
from sale_inspect._inspect._ledger import SampleLedger
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
    """Call the bidder's model once and book it.

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
    reply = Reply(reason=f"no answer within {timeout:g} s")
    with anyio.move_on_after(timeout):
        try:
            output = await bidder.model.generate(messages, config=config)
        except LimitExceededError:
            raise
        except Exception as error:  # noqa: BLE001 - providers raise what they like; the reason is recorded
            return Reply(reason=f"{type(error).__name__}: {_first_line(error)}")
        ledger.add(phase, bidder, output)
        reply = Reply(output=output)
    if reply.output is not None:
        if reply.output.error:
            return Reply(reason=f"provider error: {reply.output.error}")
        if reply.output.stop_reason == "content_filter":
            return Reply(reason="refused (content filter)")
    return reply


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else "no message"
