"""The record of an auction: machine-readable, complete enough to decide it again."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sale_inspect.auction._weights import Weights

__all__ = [
    "AgentForecast",
    "AuctionRecord",
    "BidRecord",
    "CalibratedDecision",
    "CalibratedRecord",
    "EntropyKind",
    "ExecutionStep",
    "Executions",
    "Failure",
    "Gating",
    "JuryMode",
    "Learnt",
    "Neighbour",
    "PairCount",
    "Refinement",
]

EntropyKind = Literal["logprobs", "text"]

JuryMode = Literal["individual", "panel"]
"""One call for each judge and plan (the paper's), or one call a judge, who rates all plans (ours)."""

Gating = Literal["auto", "always"]
"""Hold an auction where it can pay for itself, or hold every one (ours)."""


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
        above_ceiling: Visible past auctions that were not retrieved because their tasks are more alike than
            `memory_ceiling`; records of earlier versions had no ceiling.
        neighbours: Those that were retrieved, nearest first.
        pairs: What each eligible agent that had bid could learn from them, in pool order.
        note: Why nobody refined, if nobody did.
    """

    eligible: tuple[str, ...] = ()
    visible: int = 0
    own_left_out: int = 0
    above_ceiling: int = 0
    neighbours: tuple[Neighbour, ...] = ()
    pairs: tuple[PairCount, ...] = ()
    note: str = ""


class AgentForecast(_Frozen):
    """What is expected of an agent on one task.

    Attributes:
        agent: Who.
        p: Probability that it solves the task.
        usd: Expected dollars of its execution.
        value_usd: worth * p - usd.
        fitted_p: What the fit itself says, before what was learnt in the run; None where nothing is learnt.
    """

    agent: str
    p: float = Field(ge=0, le=1)
    usd: float = Field(ge=0)
    value_usd: float
    fitted_p: float | None = Field(default=None, ge=0, le=1)


class CalibratedDecision(_Frozen):
    """Who is chosen for a task, and why.

    Attributes:
        winner: The agent with the highest value; of a fallback the best single agent on dev.
        worth: Dollars of a solved task; one over it is lambda.
        forecasts: Of every agent, in pool order.
        fallback: The dev data cannot tell the agents apart, so the best single agent is chosen whatever the forecasts.
        reason: The sentence that decided.
    """

    winner: str
    worth: float = Field(ge=0)
    forecasts: tuple[AgentForecast, ...]
    fallback: bool
    reason: str


class Learnt(_Frozen):
    """What a run with `learn=outcome` had learnt before a task, and whether the task went to another agent (ours).

    Attributes:
        outcomes: Outcomes of this run that it learnt from.
        before: They are of places below this one, in the sample's epoch.
        shifts: By how much each agent's log-odds are other than the fit's, at the mean of the dev tasks.
        stretches: What each agent's log-odds are multiplied by around that mean.
        explore: Share of tasks that go to another agent than the chosen one.
        instead: The agent that does this task in place of the chosen one; "" for nobody.
        price_p: By how much the chosen agent's probability of success is higher than that of `instead`.
        price_usd: By how many dollars the execution by `instead` is expected to be more expensive.
    """

    outcomes: int = Field(ge=0)
    before: int = Field(ge=0)
    shifts: dict[str, float]
    stretches: dict[str, float]
    explore: float = Field(ge=0, le=1)
    instead: str = ""
    price_p: float = 0.0
    price_usd: float = 0.0


class CalibratedRecord(_Frozen):
    """How a calibrated fit decided about one task, before and after its bids (ours).

    Attributes:
        file: Name of the fitted file.
        data: sha256 of the dev data that it was fitted to.
        auction: `auto` or `always`, as the run had it.
        held: Whether bids were asked for.
        gain_usd: What a better choice after the bids was expected to be worth, dollars.
        bill_usd: What the auction was expected to cost, dollars.
        gate: Why it was held, or not.
        before: The choice without bids.
        after: The choice with bids, among those who made a valid one; None if it was not held.
        learnt: What was learnt in the run so far; None where nothing is learnt.
    """

    file: str
    data: str
    auction: Gating
    held: bool
    gain_usd: float
    bill_usd: float = Field(ge=0)
    gate: str
    before: CalibratedDecision
    after: CalibratedDecision | None = None
    learnt: Learnt | None = None

    @property
    def decision(self) -> CalibratedDecision:
        """The choice that counts."""
        return self.after or self.before

    @property
    def worker(self) -> str:
        """Who does the task: the chosen agent, or the one that is tried in its place."""
        return (self.learnt.instead if self.learnt is not None else "") or self.decision.winner


class ExecutionStep(_Frozen):
    """One execution of an auction that may escalate, and what became of its answer.

    Attributes:
        agent: Who executed.
        refined: Whether its refined bid stood in the order, and not its first.
        score: What its answer was given: a predicted probability (scorer), a mean rating (jury) or the share of
            examples before the first that failed (examples). None if there was no answer, or nobody rated it.
        threshold: The least score that is accepted; None if nothing was scored.
        accepted: Whether its answer was taken for the sample's.
        reason: Why, or why not.
        finished: Whether the execution came to its end; False after an error or a limit.
        answered: Whether there was any answer.
        usd: Dollars of the execution.
        usd_accept: Dollars of scoring the answer.
        solved: Whether the task's own scorers call the answer right, where a run was asked for that (`score_steps`);
            None where it was not, or they do not say. It decides nothing.
    """

    agent: str
    refined: bool = False
    score: float | None = None
    threshold: float | None = None
    accepted: bool
    reason: str
    finished: bool = True
    answered: bool = True
    usd: float
    usd_accept: float = 0.0
    solved: bool | None = None


class Executions(_Frozen):
    """The executions of an auction with `escalate`, in order.

    Attributes:
        most: The most further executions that were allowed.
        accept: What accepted answers: `scorer`, `jury` or `examples`.
        file: Name of the scorer's file, or "".
        data: Hash of the outcomes that the scorer was trained on, or "".
        steps: The executions.
        stands: The agent whose answer is the sample's; "" before the first execution has ended.
        stopped: Why there was no further execution; "" if the run was cut off before that was known.
    """

    most: int
    accept: str
    file: str = ""
    data: str = ""
    steps: tuple[ExecutionStep, ...] = ()
    stands: str = ""
    stopped: str = ""


class AuctionRecord(_Frozen):
    """One auction from task to winner. Written to the sample's store and transcript.

    The options of the auction that have no field of their own are in `options`, by name, and what each agent is, by
    content (`pools.agent_identity`), in `identities`; records of earlier versions have none there.

    An auction that a calibrated fit decides has `calibrated`. C, V and z of its bids are there, but do not decide. If
    it was not held it has no bids, and its winner is who was chosen without them.
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
    unlearnt_bin: str = ""
    calibrated: CalibratedRecord | None = None
    escalation: Executions | None = None

    @property
    def held(self) -> bool:
        """Whether there was an auction: a calibrated fit may choose without bids."""
        return bool(self.bids)

    @property
    def worker(self) -> str:
        """The agent whose answer counts: the winner, or the one at which an escalation ended."""
        return (self.escalation.stands if self.escalation is not None else "") or self.winner

    @property
    def winner_alone(self) -> bool:
        """Whether nobody but the winner executed, so that the sample's outcome and dollars are the winner's."""
        return self.escalation is None or len(self.escalation.steps) < 2

    @property
    def winning_bid(self) -> BidRecord:
        """The bid whose strategy is executed: the winner's refined bid if that is what won.

        Raises:
            ValueError: If no auction was held.
        """
        if not self.held:
            raise ValueError("No auction was held, so there is no bid. Ask the record's `held` first.")
        if self.winner != self.provisional_winner:
            return next(bid for bid in self.refined if bid.agent == self.winner)
        return next(bid for bid in self.bids if bid.agent == self.winner)
