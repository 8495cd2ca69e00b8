"""Dated prices and the one function that turns tokens into dollars."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BLEND_INPUT_SHARE", "Price", "TokenUsage", "usd"]

BLEND_INPUT_SHARE = 0.75
"""Share of input tokens in the blended price pi (ours: 3 input to 1 output)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """What one model costs, in dollars per million tokens.

    Attributes:
        input: Uncached input tokens.
        output: Output tokens, reasoning included.
        cache_read: Input tokens read from the provider's cache.
        cache_write: Input tokens written to the provider's cache.
        as_of: Date of the price (ISO) or a word on where the date is unknown.
        source: Where the price was read.
    """

    input: float
    output: float
    cache_read: float
    cache_write: float
    as_of: str
    source: str

    def blended(self, input_share: float = BLEND_INPUT_SHARE) -> float:
        """Blended price pi in dollars per million tokens: share * input + (1 - share) * output.

        Source: ours. The paper gives one price for each model.
        """
        return input_share * self.input + (1.0 - input_share) * self.output


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenUsage:
    """Tokens billed for one or more calls.

    `input` excludes tokens read from or written to the provider's cache; `output` includes
    reasoning tokens. Both follow Inspect's own counting.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def total(self) -> int:
        """All tokens, cached ones included."""
        return self.input + self.output + self.cache_read + self.cache_write

    def __add__(self, other: TokenUsage) -> TokenUsage:
        """Sum, field by field."""
        return TokenUsage(
            input=self.input + other.input,
            output=self.output + other.output,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
        )


def usd(usage: TokenUsage, price: Price) -> float:
    """Dollars for `usage` at `price`.

    (input * p_in + output * p_out + cache_read * p_read + cache_write * p_write) / 1e6
    """
    return (
        usage.input * price.input
        + usage.output * price.output
        + usage.cache_read * price.cache_read
        + usage.cache_write * price.cache_write
    ) / 1e6
