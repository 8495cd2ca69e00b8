"""The record of an auction: machine-readable, complete enough to decide it again."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sale_inspect.auction._weights import Weights

__all__ = ["AuctionRecord", "BidRecord", "EntropyKind", "Failure", "JuryMode", "Neighbour", "PairCount", "Refinement"]

EntropyKind = Literal["logprobs", "text"]

JuryMode = Literal["individual", "panel"]
"""One call for each judge and plan (the paper's), or one call a judge, who rates all plans (ours)."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BidRecord(_Frozen):
    """A scored bid.

    Attributes:
        agent: Who bid.
        refined: True for a bid of the refinement stage.
        strategy: The plan.
        truncated: The plan reached the cap, or was cut by its provider.
        usd_per_mtok: Blended price pi, dollars per million tokens.
        length: |s| in tokens of the record's tokenizer.
        price_length: c in [0, 1].
        entropy: H in [0, 1], of the record's entropy kind.
        logprob_entropy: H from log-probabilities, if known.
        text_entropy: H from the text.
        ratings: gamma_j, an integer 0..5 for each judge that was asked, None where it abstained.
        cost: C.
        value: V.
        z: C - V.
    """

    agent: str
    refined: bool
    strategy: str
    truncated: bool
    usd_per_mtok: float
    length: int
    price_length: float
    entropy: float
    logprob_entropy: float | None
    text_entropy: float
    ratings: dict[str, int | None]
    cost: float
    value: float
    z: float


class Failure(_Frozen):
    """A bidder that left the auction, or a refinement that was dropped, and why.

    Attributes:
        agent: Who.
        refined: True in the refinement stage; the agent's first bid stands.
        reason: Error, time-out, empty or refused plan.
    """

    agent: str
    refined: bool = False
    reason: str


class Neighbour(_Frozen):
    """A past auction that was retrieved: its position, the cosine similarity, and its run if it is an earlier one."""

    position: int
    similarity: float
    run: str = ""


class PairCount(_Frozen):
    """How many pairs of a losing and a winning plan one agent learnt from, and why not more.

    Attributes:
        agent: Who.
        used: Pairs in its request.
        found: Pairs that the retrieved auctions give it; those of the nearest tasks are used.
        without: Number of retrieved auctions that give it none, by reason.
    """

    agent: str
    used: int
    found: int
    without: dict[str, int] = Field(default_factory=dict)


class Refinement(_Frozen):
    """What happened in the refinement stage.

    Attributes:
        eligible: Agents cheaper than the provisional winner.
        visible: Number of past auctions that memory was allowed to show.
        own_left_out: Past auctions of this very task, from earlier runs, that were left out of those.
        neighbours: Those that were retrieved, nearest first.
        pairs: What each eligible agent that had bid could learn from them, in pool order.
        note: Why nobody refined, if nobody did.
    """

    eligible: tuple[str, ...] = ()
    visible: int = 0
    own_left_out: int = 0
    neighbours: tuple[Neighbour, ...] = ()
    pairs: tuple[PairCount, ...] = ()
    note: str = ""


class AuctionRecord(_Frozen):
    """One auction from task to winner. Written to the sample's store and transcript.

    The options of the auction that have no field of their own are in `options`, by name, and what each agent is, by
    content (`pools.agent_identity`), in `identities`; records of earlier versions have none there.
    """

    schema_version: Literal[1] = 1
    task: str
    epoch: int
    position: int | None
    pool: str
    simulated: bool
    agents: tuple[str, ...]
    identities: dict[str, str] = Field(default_factory=dict)
    prices: dict[str, float]
    weights: Weights
    strategy_tokens: int
    tokenizer: str
    entropy_kind: EntropyKind
    jury_mode: JuryMode
    judges: str = "all"
    rating_scale: int = 5
    drop: tuple[str, ...] = ()
    defences: tuple[str, ...] = ("anonymous", "quote")
    seed: int
    prompts: dict[str, str]
    embedder: str
    memory: str
    winning: str = "auction"
    options: dict[str, Any] = Field(default_factory=dict)
    bids: tuple[BidRecord, ...]
    refined: tuple[BidRecord, ...] = ()
    failures: tuple[Failure, ...] = ()
    provisional_winner: str
    refinement: Refinement = Field(default_factory=Refinement)
    winner: str
    notes: tuple[str, ...] = ()

    @property
    def winning_bid(self) -> BidRecord:
        """The bid whose strategy is executed: the winner's refined bid if that is what won."""
        if self.winner != self.provisional_winner:
            return next(bid for bid in self.refined if bid.agent == self.winner)
        return next(bid for bid in self.bids if bid.agent == self.winner)
