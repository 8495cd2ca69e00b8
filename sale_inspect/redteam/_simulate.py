"""Auctions of the simulated pool without Inspect: the same prompts, replies and decisions, thousands a minute.

Refinement is left out, as with `drop=refinement`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sale_inspect.auction import (
    Bid,
    BidRecord,
    JuryMode,
    Rules,
    asked_judges,
    assess,
    entropy_kind,
    logprob_entropy,
    panel_labels,
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
from sale_inspect.redteam._catalog import Attack
from sale_inspect.redteam._judge_attacks import Sight
from sale_inspect.redteam._scene import Scene
from sale_inspect.redteam._settings import DefenceSetting
from sale_inspect.sim import (
    AGENTS,
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


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedAuction:
    """A simulated auction and what came of it.

    Attributes:
        winner: Who won; empty if no bid was valid.
        bids: The scored bids.
        dropped: Why a bidder left the auction, by agent.
        solved: Whether the winner solved the task (simulated).
        usd: Dollars of the winner's simulated execution; the auction itself is left out.
    """

    winner: str
    bids: tuple[BidRecord, ...]
    dropped: Mapping[str, str]
    solved: bool
    usd: float


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

    def hold(self, item: TaskItem, task: str) -> SimulatedAuction:
        """One auction.

        Args:
            item: The task.
            task: Its text, as bidders see it.
        """
        names = tuple(self.prices)
        bids, dropped = self._bids(item, task)
        if not bids:
            return SimulatedAuction(winner="", bids=(), dropped=dropped, solved=False, usd=0.0)
        rules = Rules(
            prices=self.prices,
            weights=uniform_weights(names),
            strategy_tokens=self.strategy_tokens,
            switches=self.setting.switches,
        )
        scored = assess(bids, self._ratings(bids, task), rules, entropy_kind(bids))
        winner = select({bid.agent: bid.z for bid in scored}, self.prices, names)
        plan = next(bid.strategy for bid in bids if bid.agent == winner)
        return SimulatedAuction(
            winner=winner,
            bids=scored,
            dropped=dropped,
            solved=solves(winner, item, plan, self.seed),
            usd=thinking_tokens(winner, item, self.seed) * self.prices[winner] / 1e6,
        )

    def _bids(self, item: TaskItem, task: str) -> tuple[list[Bid], dict[str, str]]:
        bids: list[Bid] = []
        dropped: dict[str, str] = {}
        for agent in self.prices:
            written = self._written(agent, item, task)
            plan = parse_strategy(written)
            fault = "empty plan" if plan is None else ""
            if plan is not None and "checks" in self.setting.defences:
                fault = plan_fault(plan, task)
            if plan is None or fault:
                dropped[agent] = fault
            else:
                entropy = logprob_entropy(top_logprobs(agent, written, _TOP))
                bids.append(Bid(agent=agent, strategy=plan, logprob_entropy=entropy))
        return bids, dropped

    def _written(self, agent: str, item: TaskItem, task: str) -> str:
        chance = probability(agent, item.domain, item.tau_minutes)
        honest = write_plan(agent, item.id, item.domain, chance, item.tau_minutes, self.seed, gain=0.0)
        if self.fresh:
            honest += f"\n(Draft {int(1e6 * unit_draw(self.seed, 'draft', agent, item.id))}.)"
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
        order = panel_order(bids, seed=self.seed, judge=judge, task=task)
        labels = panel_labels(len(order))
        reply = _panel(judge, tuple((bid.agent, bid.strategy) for bid in order), form, how)
        found = parse_panel(reply, labels)
        return {bid.agent: found[label] for label, bid in zip(labels, order, strict=True)}


_Form = tuple[str, bool, bool]
_How = tuple[int, Weakness, Attack | None, str]


# Honest plans are rated again under every attack.
@lru_cache(maxsize=100_000)
def _single(judge: str, author: str, plan: str, form: _Form, how: _How) -> int | None:
    task, quote, anonymous = form
    asking = rating_prompt(plan, author=author, secret=f"{how[0]}\0{judge}\0{task}", quote=quote, anonymous=anonymous)
    return parse_rating(judge_reply(_asked(task, asking.request), panel=False, rated=lambda p: _opinion(judge, p, how)))


def _panel(judge: str, plans: Sequence[tuple[str, str]], form: _Form, how: _How) -> str:
    task, quote, anonymous = form
    asking = panel_prompt(
        dict(zip(panel_labels(len(plans)), plans, strict=True)),
        secret=f"{how[0]}\0{judge}\0{task}",
        quote=quote,
        anonymous=anonymous,
    )
    return judge_reply(_asked(task, asking.request), panel=True, rated=lambda p: _opinion(judge, p, how))


def _asked(task: str, request: str) -> str:
    return f"{prompt('task').fill(task=task, environment='')}\n\n{request}"


def _opinion(judge: str, plan: ShownPlan, how: _How) -> int:
    seed, weakness, attack, partner = how
    if attack is not None:
        wanted = attack.judge(Sight(judge=judge, text=plan.text, author=plan.author, partner=partner))
        if wanted is not None:
            return wanted
    return swayed_rating(judge, plan, seed, weakness)
