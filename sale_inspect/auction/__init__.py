"""The SALE mechanism. Pure: no Inspect, no network, no clock, no global randomness.

Source: "Scaling Small Agents Through Strategy Auctions" (arXiv 2602.02751). Where a docstring
says "ours", the paper is silent or ambiguous and the choice is this project's.
"""

from sale_inspect.auction._assess import Rules, assess, entropy_kind, first_gammas
from sale_inspect.auction._bids import Bid
from sale_inspect.auction._card import card
from sale_inspect.auction._entropy import logprob_entropy, text_entropy
from sale_inspect.auction._escalation import Turn, escalation_card, execution_order, standing_step
from sale_inspect.auction._memory import (
    MAX_PAIRS,
    ContrastivePair,
    Pairs,
    PastAuction,
    PastPlan,
    Winning,
    contrastive_pairs,
    task_identity,
)
from sale_inspect.auction._neutral import PREFIX, neutral, quoted
from sale_inspect.auction._parse import parse_panel, parse_rating, parse_strategy, refuses
from sale_inspect.auction._plan_checks import plan_fault
from sale_inspect.auction._prompts import (
    PROMPT_NAMES,
    Prompt,
    Prompts,
    packaged_prompts,
    prompt,
    prompt_versions,
    read_prompts,
)
from sale_inspect.auction._quoting import (
    DEFENCES,
    Defence,
    JudgePrompt,
    answer_prompt,
    call_key,
    drawn_labels,
    panel_order,
    panel_prompt,
    rating_prompt,
    refine_prompt,
)
from sale_inspect.auction._record import (
    AgentForecast,
    AuctionRecord,
    BidRecord,
    CalibratedDecision,
    CalibratedRecord,
    EntropyKind,
    Executions,
    ExecutionStep,
    Failure,
    Gating,
    JuryMode,
    Learnt,
    Neighbour,
    PairCount,
    Refinement,
)
from sale_inspect.auction._redecide import DecisionRule, Redecision, recorded_switches, redecide
from sale_inspect.auction._replies import CHARACTERS_A_TOKEN, Answer, answer_of, call_tokens, capped, writable
from sale_inspect.auction._score import RATING_SCALE, BidFeatures, Scored, price_length, price_ranks, score
from sale_inspect.auction._select import accept_refined, may_refine, select, select_by_value
from sale_inspect.auction._switches import TERMS, JudgeChoice, RefinedRule, Switches, Term, asked_judges, normalised
from sale_inspect.auction._tokens import TOKENIZER, count_tokens, tokenize
from sale_inspect.auction._weights import Weights, uniform_weights

__all__ = [
    "CHARACTERS_A_TOKEN",
    "DEFENCES",
    "MAX_PAIRS",
    "PREFIX",
    "PROMPT_NAMES",
    "RATING_SCALE",
    "TERMS",
    "TOKENIZER",
    "AgentForecast",
    "Answer",
    "AuctionRecord",
    "Bid",
    "BidFeatures",
    "BidRecord",
    "CalibratedDecision",
    "CalibratedRecord",
    "ContrastivePair",
    "DecisionRule",
    "Defence",
    "EntropyKind",
    "ExecutionStep",
    "Executions",
    "Failure",
    "Gating",
    "JudgeChoice",
    "JudgePrompt",
    "JuryMode",
    "Learnt",
    "Neighbour",
    "PairCount",
    "Pairs",
    "PastAuction",
    "PastPlan",
    "Prompt",
    "Prompts",
    "Redecision",
    "RefinedRule",
    "Refinement",
    "Rules",
    "Scored",
    "Switches",
    "Term",
    "Turn",
    "Weights",
    "Winning",
    "accept_refined",
    "answer_of",
    "answer_prompt",
    "asked_judges",
    "assess",
    "call_key",
    "call_tokens",
    "capped",
    "card",
    "contrastive_pairs",
    "count_tokens",
    "drawn_labels",
    "entropy_kind",
    "escalation_card",
    "execution_order",
    "first_gammas",
    "logprob_entropy",
    "may_refine",
    "neutral",
    "normalised",
    "packaged_prompts",
    "panel_order",
    "panel_prompt",
    "parse_panel",
    "parse_rating",
    "parse_strategy",
    "plan_fault",
    "price_length",
    "price_ranks",
    "prompt",
    "prompt_versions",
    "quoted",
    "rating_prompt",
    "read_prompts",
    "recorded_switches",
    "redecide",
    "refine_prompt",
    "refuses",
    "score",
    "select",
    "select_by_value",
    "standing_step",
    "task_identity",
    "text_entropy",
    "tokenize",
    "uniform_weights",
    "writable",
]
