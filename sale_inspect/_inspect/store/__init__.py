"""What a sample keeps, the ledger, the auctions, the routing, and who is being called."""

from sale_inspect._inspect.store._bidders import (
    WINNER_PROVIDER,
    Bidder,
    bidder,
    generate_config,
    pool_from_roles,
    register_price,
    register_prices,
)
from sale_inspect._inspect.store._bodies import error_in_body, keep_body
from sale_inspect._inspect.store._connections import adaptive_share, connections_of, connections_share
from sale_inspect._inspect.store._ledger import (
    LedgerStore,
    SampleLedger,
    reply_fault,
    token_usage,
    transcript_length,
    transcript_since,
)
from sale_inspect._inspect.store._own_keys import is_own_key
from sale_inspect._inspect.store._purse import Purse, money_left, note_ended, require_money, spending_from
from sale_inspect._inspect.store._read import StoredLedger, StoredSample, UncountedCall, read, with_store
from sale_inspect._inspect.store._records import write_records
from sale_inspect._inspect.store._routing import RoutingStore
from sale_inspect._inspect.store._sample_book import forget_attempts, sample_book
from sale_inspect._inspect.store._sample_place import SamplePlace, current_sample, enter_sample
from sale_inspect._inspect.store._scores import solved
from sale_inspect._inspect.store._thinking import short_call

__all__ = [
    "WINNER_PROVIDER",
    "Bidder",
    "LedgerStore",
    "Purse",
    "RoutingStore",
    "SampleLedger",
    "SamplePlace",
    "StoredLedger",
    "StoredSample",
    "UncountedCall",
    "adaptive_share",
    "bidder",
    "connections_of",
    "connections_share",
    "current_sample",
    "enter_sample",
    "error_in_body",
    "forget_attempts",
    "generate_config",
    "is_own_key",
    "keep_body",
    "money_left",
    "note_ended",
    "pool_from_roles",
    "read",
    "register_price",
    "register_prices",
    "reply_fault",
    "require_money",
    "sample_book",
    "short_call",
    "solved",
    "spending_from",
    "token_usage",
    "transcript_length",
    "transcript_since",
    "with_store",
    "write_records",
]
