"""Auctions of the simulated pool without Inspect: the same prompts, replies and decisions, thousands a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sale_inspect.auction import (
    Bid,
    BidRecord,
    JuryMode,
    PastAuction,
    PastPlan,
    Rules,
    accept_refined,
    asked_judges,
    assess,
    call_key,
    contrastive_pairs,
    entropy_kind,
    logprob_entropy,
    may_refine,
    panel_order,
    panel_prompt,
    parse_panel,
    parse_rating,
    parse_strategy,
    plan_fault,
    prompt,
    rating_prompt,
    select,
    uniform_weights,
)
from sale_inspect.bench import TaskItem
from sale_inspect.embedding import make_embedder, nearest
from sale_inspect.redteam._catalog import Attack
from sale_inspect.redteam._judge_attacks import Sight
from sale_inspect.redteam._scene import Scene
from sale_inspect.redteam._settings import DefenceSetting
from sale_inspect.sim import (
    AGENTS,
    REFINEMENT_GAIN,
    SOUND,
    ShownPlan,
    Weakness,
    judge_reply,
    probability,
    solves,
    swayed_rating,
    thinking_tokens,
    top_logprobs,
    unit_draw,
    write_plan,
)

__all__ = ["Arena", "SimulatedAuction"]

_TOP = 5
_NEIGHBOURS = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedAuction:
    """A simulated auction and what came of it.

    Attributes:
        winner: Who won; empty if no bid was valid.
        bids: The scored bids.
        refined: The refined bids, with memory.
        provisional: Who led before them.
        dropped: Why a bidder left the auction, by agent.
        solved: Whether the winner solved the task (simulated).
        usd: Dollars of the winner's simulated execution; the auction itself is left out.
    """

    winner: str
    bids: tuple[BidRecord, ...]
    dropped: Mapping[str, str]
    solved: bool
    usd: float
    refined: tuple[BidRecord, ...] = ()
    provisional: str = ""

    def remembered(self, task: str, position: int) -> PastAuction:
        """The auction as a memory keeps it."""
        plans = [
            PastPlan(agent=bid.agent, identity=bid.agent, refined=bid.refined, text=bid.strategy)
            for bid in (*self.bids, *self.refined)
        ]
        return PastAuction(
            epoch=1,
            position=position,
            task=task,
            plans=tuple(plans),
            provisional_winner=self.provisional,
            winner=self.winner,
            solved=self.solved,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Arena:
    """The simulated pool under one setting of defences.

    Attributes:
        setting: The defences.
        prices: Blended price of each simulated agent that bids, dollars per million tokens.
        weakness: How easily its judges are swayed.
        jury: One call for each plan, or one for all.
        seed: Seed of everything simulated.
        strategy_tokens: Cap of a plan, tokens.
        attacks: Attack of each attacker.
        partners: The partner of each attacker of a pair.
        fresh: Every plan ends with a number of its own. Simulated ratings and log-probabilities are drawn by a
            plan's text, and honest simulated plans repeat themselves: without the number, one draw would
            count for many tasks, and an interval over tasks would be too narrow.
    """

    setting: DefenceSetting
    prices: Mapping[str, float]
    weakness: Weakness = SOUND
    jury: JuryMode = "individual"
    seed: int = 0
    strategy_tokens: int = 300
    attacks: Mapping[str, Attack] = field(default_factory=dict)
    partners: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False

    def stream(self, tasks: Sequence[tuple[TaskItem, str]]) -> list[SimulatedAuction]:
        """Auctions one after another, with a memory of those before: the default `memory=run`, `memory_lag=1`.

        Args:
            tasks: Each task with its text, in the run's order.
        """
        vectors = make_embedder("hashing").embed([text for _, text in tasks])
        held: list[SimulatedAuction] = []
        past: list[tuple[int, PastAuction]] = []
        for position, (item, text) in enumerate(tasks):
            near = nearest(vectors[position], vectors[[place for place, _ in past]], _NEIGHBOURS) if past else []
            held.append(self.hold(item, text, [past[place][1] for place, _ in near]))
            if held[-1].winner:
                past.append((position, held[-1].remembered(text, position)))
        return held

    def hold(self, item: TaskItem, task: str, past: Sequence[PastAuction] = ()) -> SimulatedAuction:
        """One auction.

        Args:
            item: The task.
            task: Its text, as bidders see it.
            past: What memory shows, nearest first; nobody refines without it.
        """
        names = tuple(self.prices)
        bids, dropped = self._bids(item, task, names, gain=0.0)
        if not bids:
            return SimulatedAuction(winner="", bids=(), dropped=dropped, solved=False, usd=0.0)
        rules = Rules(
            prices=self.prices,
            weights=uniform_weights(names),
            strategy_tokens=self.strategy_tokens,
            switches=self.setting.switches,
        )
        kind, ratings = entropy_kind(bids), self._ratings(bids, task)
        scored = assess(bids, ratings, rules, kind)
        z = {bid.agent: bid.z for bid in scored}
        provisional = select(z, self.prices, names)
        again = [
            name
            for name in may_refine(provisional, self.prices, names)
            if name in z and contrastive_pairs(name, name, past).used
        ]
        better, dropped_again = self._bids(item, task, again, gain=REFINEMENT_GAIN)
        refined = assess(better, self._ratings(better, task), rules, kind, among=ratings) if better else ()
        refined_z = {bid.agent: bid.z for bid in refined}
        winner = accept_refined(provisional, z[provisional], refined_z, self.prices, names)
        plans = {bid.agent: bid.strategy for bid in (scored if winner == provisional else refined)}
        plan = plans[winner]
        return SimulatedAuction(
            winner=winner,
            bids=scored,
            refined=refined,
            provisional=provisional,
            dropped={**dropped_again, **dropped},
            solved=solves(winner, item, plan, self.seed),
            usd=thinking_tokens(winner, item, self.seed) * self.prices[winner] / 1e6,
        )

    def _bids(
        self, item: TaskItem, task: str, agents: Sequence[str], *, gain: float
    ) -> tuple[list[Bid], dict[str, str]]:
        bids: list[Bid] = []
        dropped: dict[str, str] = {}
        for agent in agents:
            written = self._written(agent, item, task, gain)
            plan = parse_strategy(written)
            fault = "empty plan" if plan is None else ""
            if plan is not None and "checks" in self.setting.defences:
                fault = plan_fault(plan, task)
            if plan is None or fault:
                dropped[agent] = fault
            else:
                entropy = logprob_entropy(top_logprobs(agent, written, _TOP))
                bids.append(Bid(agent=agent, strategy=plan, logprob_entropy=entropy, refined=gain > 0.0))
        return bids, dropped

    def _written(self, agent: str, item: TaskItem, task: str, gain: float) -> str:
        chance = probability(agent, item.domain, item.tau_minutes)
        honest = write_plan(agent, item.id, item.domain, chance, item.tau_minutes, self.seed, gain=gain)
        if self.fresh:
            honest += f"\n(Draft {int(1e6 * unit_draw(self.seed, 'draft', agent, item.id, gain))}.)"
        if agent not in self.attacks:
            return honest
        scene = Scene(agent=agent, task=task, names=tuple(AGENTS), partner=self.partners.get(agent, ""))
        return self.attacks[agent].write(honest, scene)

    def _ratings(self, bids: Sequence[Bid], task: str) -> dict[str, dict[str, int | None]]:
        names = tuple(self.prices)
        table: dict[str, dict[str, int | None]] = {bid.agent: {} for bid in bids}
        for judge in names:
            own = [bid for bid in bids if judge in asked_judges(self.setting.judges, bid.agent, names)]
            for agent, rating in self._judged(judge, own, task).items():
                table[agent][judge] = rating
        return table

    def _judged(self, judge: str, bids: Sequence[Bid], task: str) -> dict[str, int | None]:
        form = (task, "quote" in self.setting.defences, "anonymous" in self.setting.defences)
        how = (self.seed, self.weakness, self.attacks.get(judge), self.partners.get(judge, ""))
        if self.jury == "individual":
            return {bid.agent: _single(judge, bid.agent, bid.strategy, form, how) for bid in bids}
        if not bids:
            return {}
        order = panel_order(bids, key=_key(judge, task, how, [bid.strategy for bid in bids]))
        found = _panel(judge, tuple((bid.agent, bid.strategy) for bid in order), form, how)
        return {bid.agent: rating for bid, rating in zip(order, found, strict=True)}


_Form = tuple[str, bool, bool]
_How = tuple[int, Weakness, Attack | None, str]


# Honest plans are rated again under every attack.
@lru_cache(maxsize=100_000)
def _single(judge: str, author: str, plan: str, form: _Form, how: _How) -> int | None:
    task, quote, anonymous = form
    asking = rating_prompt(plan, author=author, key=_key(judge, task, how, [plan]), quote=quote, anonymous=anonymous)
    reply = judge_reply(_asked(task, asking.request), panel=False, rated=lambda p: _opinion(judge, p, how))
    return parse_rating(reply, asking.labels[0])


def _panel(judge: str, plans: Sequence[tuple[str, str]], form: _Form, how: _How) -> list[int | None]:
    task, quote, anonymous = form
    key = _key(judge, task, how, [plan for _, plan in plans])
    asking = panel_prompt(plans, key=key, quote=quote, anonymous=anonymous)
    reply = judge_reply(_asked(task, asking.request), panel=True, rated=lambda p: _opinion(judge, p, how))
    return list(parse_panel(reply, asking.labels).values())


def _key(judge: str, task: str, how: _How, plans: Sequence[str]) -> str:
    return call_key("arena", str(how[0]), judge, task, *plans)


def _asked(task: str, request: str) -> str:
    return f"{prompt('task').fill(task=task, environment='')}\n\n{request}"


def _opinion(judge: str, plan: ShownPlan, how: _How) -> int:
    seed, weakness, attack, partner = how
    if attack is not None:
        wanted = attack.judge(Sight(judge=judge, text=plan.text, author=plan.author, partner=partner))
        if wanted is not None:
            return wanted
    return swayed_rating(judge, plan, seed, weakness)
