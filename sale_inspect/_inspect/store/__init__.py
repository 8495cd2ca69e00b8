"""What a sample keeps, the ledger, the auctions, the routing, and who is being called."""

from sale_inspect._inspect.store._bidders import (
    Bidder,
    bidder,
    generate_config,
    pool_from_roles,
    register_prices,
)
from sale_inspect._inspect.store._ledger import (
    LedgerStore,
    SampleLedger,
    read_ledger,
    read_uncounted,
    reply_fault,
    token_usage,
    transcript_length,
    transcript_since,
)
from sale_inspect._inspect.store._records import read_record, read_records, write_records
from sale_inspect._inspect.store._recovered import with_stores
from sale_inspect._inspect.store._routing import RoutingStore, read_routing
from sale_inspect._inspect.store._sample_book import sample_book
from sale_inspect._inspect.store._sample_place import SamplePlace, current_sample, enter_sample
from sale_inspect._inspect.store._scores import solved

__all__ = [
    "Bidder",
    "LedgerStore",
    "RoutingStore",
    "SampleLedger",
    "SamplePlace",
    "bidder",
    "current_sample",
    "enter_sample",
    "generate_config",
    "pool_from_roles",
    "read_ledger",
    "read_record",
    "read_records",
    "read_routing",
    "read_uncounted",
    "register_prices",
    "reply_fault",
    "sample_book",
    "solved",
    "token_usage",
    "transcript_length",
    "transcript_since",
    "with_stores",
    "write_records",
]
