"""Prices, tokens, dollars and the ledger. Pure: no Inspect, no I/O."""

from sale_inspect.money._ledger import (
    AUCTION_PHASES,
    PHASES,
    Entry,
    Phase,
    book,
    fees,
    overhead_share,
    overhead_usd,
    total_usd,
)
from sale_inspect.money._prices import BLEND_INPUT_SHARE, Price, TokenUsage, usd
from sale_inspect.money._usage import MOST_TOKENS_A_CALL, usage_fault, with_hidden_reasoning

__all__ = [
    "AUCTION_PHASES",
    "BLEND_INPUT_SHARE",
    "MOST_TOKENS_A_CALL",
    "PHASES",
    "Entry",
    "Phase",
    "Price",
    "TokenUsage",
    "book",
    "fees",
    "overhead_share",
    "overhead_usd",
    "total_usd",
    "usage_fault",
    "usd",
    "with_hidden_reasoning",
]
