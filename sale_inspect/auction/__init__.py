"""The SALE mechanism. Pure: no Inspect, no network, no clock, no global randomness.

Source: "Scaling Small Agents Through Strategy Auctions" (arXiv 2602.02751). Where a docstring
says "ours", the paper is silent or ambiguous and the choice is this project's.
"""

from sale_inspect.auction._assess import Rules, assess, entropy_kind
from sale_inspect.auction._bids import Bid, Failure
from sale_inspect.auction._card import card
from sale_inspect.auction._entropy import logprob_entropy, text_entropy
from sale_inspect.auction._memory import ContrastivePair, PastAuction, contrastive_pairs, visible
from sale_inspect.auction._parse import parse_rating, parse_strategy, refuses
from sale_inspect.auction._prompts import PROMPT_NAMES, Prompt, prompt, prompt_versions
from sale_inspect.auction._record import (
    AuctionRecord,
    BidRecord,
    EntropyKind,
    FailureRecord,
    Neighbour,
    Refinement,
    WeightsRecord,
)
from sale_inspect.auction._score import RATING_SCALE, Features, Scored, price_length, score
from sale_inspect.auction._select import accept_refined, may_refine, select
from sale_inspect.auction._tokens import TOKENIZER, count_tokens, tokenize
from sale_inspect.auction._weights import Weights, uniform_weights

__all__ = [
    "PROMPT_NAMES",
    "RATING_SCALE",
    "TOKENIZER",
    "AuctionRecord",
    "Bid",
    "BidRecord",
    "ContrastivePair",
    "EntropyKind",
    "Failure",
    "FailureRecord",
    "Features",
    "Neighbour",
    "PastAuction",
    "Prompt",
    "Refinement",
    "Rules",
    "Scored",
    "Weights",
    "WeightsRecord",
    "accept_refined",
    "assess",
    "card",
    "contrastive_pairs",
    "count_tokens",
    "entropy_kind",
    "logprob_entropy",
    "may_refine",
    "parse_rating",
    "parse_strategy",
    "price_length",
    "prompt",
    "prompt_versions",
    "refuses",
    "score",
    "select",
    "text_entropy",
    "tokenize",
    "uniform_weights",
    "visible",
]
