"""What of a model's reply counts: not its thoughts, nothing that cannot be written, no more than the cap. Ours."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sale_inspect.auction._tokens import capped_end, count_tokens

__all__ = ["CHARACTERS_A_TOKEN", "Answer", "answer_of", "call_tokens", "capped", "writable"]

CHARACTERS_A_TOKEN = 12
"""A plan is cut at this many characters for each token of its cap (ours): a word of 2 MB is one token to a tokenizer
that counts words, and would go whole to every judge."""

_CALL_TOKENS_A_TOKEN = 1.5

_TAG = re.compile(r"<(?P<end>/)?think(?:ing)?\b[^<>]*>", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A reply without its thoughts.

    Attributes:
        text: What was said after, between and before the thoughts.
        unfinished: True if the reply ends inside a thought, so that nothing after it was said.
    """

    text: str
    unfinished: bool = False


def answer_of(reply: str) -> Answer:
    """A reply without what stands in `<think>` tags.

    Some servers put the opening tag into the prompt, so that only the closing one comes back: all before it is
    thought. A tag that is never closed makes all after it thought.
    """
    kept: list[str] = []
    depth = start = 0
    closes = False
    for tag in _TAG.finditer(reply):
        closes = bool(tag["end"])
        if not closes:
            if depth == 0:
                kept.append(reply[start : tag.start()])
            depth += 1
        elif depth == 0:
            kept.clear()
        else:
            depth -= 1
        start = tag.end()
    # A thought may name the tag without closing it; what follows the last closing tag is the answer all the same.
    unfinished = depth > 0 and not closes
    if not unfinished:
        kept.append(reply[start:])
    return Answer(text="".join(kept).strip(), unfinished=unfinished)


def writable(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD: they cannot be sent, hashed or written to a log."""
    return _SURROGATE.sub("\ufffd", text)


def call_tokens(tokens: int) -> int:
    """What a provider is asked to stop at, in its own tokens, for a plan of at most so many tokens of `TOKENIZER`.

    Providers count differently, so the same number would cut one vendor's plans earlier than another's. It is half as
    much again (ours), more than English plans need, so that `capped` cuts all agents' plans at one length.
    """
    return math.ceil(_CALL_TOKENS_A_TOKEN * tokens)


def capped(strategy: str, tokens: int) -> tuple[str, bool]:
    """A plan cut at a cap, and whether it counts as cut: it does if it has as many tokens as the cap, or more.

    Args:
        strategy: The plan.
        tokens: The cap in tokens of `TOKENIZER`. A server that ignores `max_tokens` cannot make judges read, and the
            user pay for, more than this.
    """
    end = min(capped_end(strategy[: tokens * CHARACTERS_A_TOKEN], tokens), tokens * CHARACTERS_A_TOKEN)
    if end < len(strategy):
        return strategy[:end].rstrip(), True
    return strategy, count_tokens(strategy) >= tokens
