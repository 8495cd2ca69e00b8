"""Which statements of a provider about tokens are believed."""

from __future__ import annotations

from dataclasses import replace

from sale_inspect.money._prices import TokenUsage

__all__ = ["MOST_TOKENS_A_CALL", "usage_fault", "with_hidden_reasoning"]

MOST_TOKENS_A_CALL = 100_000_000
"""A reply that states more tokens of one kind is not believed (ours): ten times the longest context that is sold."""


def usage_fault(usage: TokenUsage) -> str:
    """Why a reply's tokens are not believed; empty if they are. What is not believed is unknown, not zero.

    Args:
        usage: Tokens of one call. A negative number comes from a provider that states more cached tokens than tokens.
    """
    for kind in ("input", "output", "cache_read", "cache_write"):
        tokens = getattr(usage, kind)
        if not 0 <= tokens <= MOST_TOKENS_A_CALL:
            return f"the reply states {tokens:,} {kind.replace('_', ' ')} tokens, which cannot be"
    return ""


def with_hidden_reasoning(usage: TokenUsage, *, reasoning: float, total: float) -> TokenUsage:
    """The usage with reasoning tokens inside its output (ours).

    Reasoning is a part of the output. Some providers leave it out: if there is more of it than output, or the stated
    total holds it beside all other parts, it is added to the output and so priced as output.

    Args:
        usage: Tokens of one call, or of several.
        reasoning: Reasoning tokens as stated.
        total: The total as stated; 0 if it is not.
    """
    if reasoning <= 0 or not (reasoning > usage.output or total - usage.total == reasoning):
        return usage
    return replace(usage, output=usage.output + int(reasoning))
