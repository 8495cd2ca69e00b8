"""One bounded model call whose failure is a reason, not an exception."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio
from inspect_ai.event import ModelEvent
from inspect_ai.model import ChatMessage, ContentReasoning, GenerateConfig, Logprob, ModelOutput
from inspect_ai.util import LimitExceededError, current_span_id

from sale_inspect._inspect.store import (
    Bidder,
    SampleLedger,
    error_in_body,
    keep_body,
    reply_fault,
    transcript_length,
    transcript_since,
)
from sale_inspect.auction import answer_of
from sale_inspect.money import Phase

__all__ = ["Reply", "ask", "cut_in_thought", "spoken_logprobs"]

# Inspect takes a body that is no chat completion (a login page, `null`) for a passing fault, and asks again until the
# time is over. It will be the same body.
_NO_COMPLETION = "Unexpected non-ChatCompletion response: "
_LOOK_EVERY = 0.2
_LENGTH = 300
_THOUGHT_ENDS = "</think>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back: an output, or the reason why none did."""

    output: ModelOutput | None = None
    reason: str = ""


@dataclass(kw_only=True)
class _Attempts:
    """What the current call has left in the transcript: one event for each attempt."""

    seen: int
    span: str | None
    own: list[ModelEvent] = field(default_factory=list)
    error: str = ""

    def events(self) -> list[ModelEvent]:
        # Only what is new is read: with many calls side by side the transcript is long. An event that is known
        # changes in place when its reply comes.
        for event in transcript_since(self.seen):
            self.seen += 1
            if isinstance(event, ModelEvent) and event.span_id == self.span:
                self.own.append(event)
        return self.own

    def look(self) -> str:
        """The last attempt's error so far. When the time is over Inspect writes another one, of our own cancelling."""
        errors = [event.error for event in self.events() if event.error]
        self.error = _first_line(errors[-1]) if errors else ""
        return self.error


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
        The output, or the reason of the failure: a time-out, an error of the provider, a refusal, a reply without
        an answer.
    """
    attempts = _Attempts(seen=transcript_length(), span=current_span_id())
    body = keep_body()

    def lost(reason: str) -> Reply:
        """What the provider answered all the same is booked, for instance the reply that broke a limit."""
        if not ledger.add_events(phase, bidder, attempts.events(), reason):
            ledger.add_uncounted(phase, bidder, reason)
        return Reply(reason=reason)

    try:
        output = await _generate(bidder, messages, config, timeout, attempts)
    except LimitExceededError as error:
        lost(_first_line(str(error)))
        raise
    except Exception as error:  # noqa: BLE001 - providers raise what they like; the reason is recorded
        return lost(error_in_body(body) or f"{type(error).__name__}: {_first_line(str(error))}")
    except BaseException:
        lost("interrupted before its reply")
        raise
    if output is None:
        return lost(_why_no_answer(timeout, attempts.error))
    ledger.add(phase, bidder, output)
    fault = reply_fault(output)
    return Reply(reason=fault) if fault else Reply(output=output)


async def _generate(
    bidder: Bidder, messages: list[ChatMessage], config: GenerateConfig, timeout: float, attempts: _Attempts
) -> ModelOutput | None:
    """The output; None when the time was over, or when asking again would bring the same wrong body."""
    output, failure = None, None

    async def watch(scope: anyio.CancelScope) -> None:
        while not attempts.look().startswith(_NO_COMPLETION):
            await anyio.sleep(_LOOK_EVERY)
        scope.cancel()

    with anyio.move_on_after(timeout):
        async with anyio.create_task_group() as group:
            group.start_soon(watch, group.cancel_scope)
            try:
                output = await bidder.model.generate(messages, config=config)
            except Exception as error:  # noqa: BLE001 - raised below: a task group would wrap it into a group of errors
                failure = error
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return output


def _why_no_answer(timeout: float, error: str) -> str:
    if error.startswith(_NO_COMPLETION):
        return f"provider error: the reply is no chat completion: {error.removeprefix(_NO_COMPLETION)}"
    return f"no answer within {timeout:g} s" + (f"; the last attempt: {error}" if error else "")


def cut_in_thought(bidder: Bidder, output: ModelOutput) -> str:
    """Why a reply has no answer, if it ended inside the model's thought; empty otherwise."""
    if output.stop_reason != "max_tokens" or answer_of(output.completion).text:
        return ""
    if not answer_of(output.completion).unfinished and not _thoughts(output):
        return ""
    words = "the reply ended inside the model's thought"
    if bidder.agent.thinking is None:
        return f"{words}; write `thinking: off` or `thinking: budget:2000` for {bidder.name} in the pool"
    if bidder.agent.thinking == "off":
        return (
            f"{words}, although the pool says `thinking: off`: its server does not obey; write `thinking: budget:2000`"
        )
    return f"{words} of {bidder.agent.thought_tokens} tokens; write a larger budget in the pool"


def _thoughts(output: ModelOutput) -> bool:
    content = output.message.content
    return not isinstance(content, str) and any(isinstance(part, ContentReasoning) for part in content)


def spoken_logprobs(output: ModelOutput) -> Sequence[Logprob] | None:
    """Log-probabilities of the tokens of the answer, without those of the thought.

    Returns:
        One for each token; None if the provider gave none, or if the answer's tokens cannot be told from the
        thought's.
    """
    logprobs = output.choices[0].logprobs if output.choices else None
    if logprobs is None:
        return None
    tokens = logprobs.content
    text = "".join(token.token for token in tokens)
    ends = text.rfind(_THOUGHT_ENDS)
    if ends >= 0:
        ends += len(_THOUGHT_ENDS)
    elif _thoughts(output):
        # The server took the tags out; the answer is the last that was written.
        ends = text.rfind(output.completion.strip())
        if ends < 0:
            return None
    place = 0
    for number, token in enumerate(tokens):
        if place >= ends:
            return tokens[number:]
        place += len(token.token)
    return []


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:_LENGTH] if lines else "no message"
