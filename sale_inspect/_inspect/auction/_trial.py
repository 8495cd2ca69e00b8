"""One bid and one rating of each agent of a pool, before a run: what is wrong, in words, and the remedy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import anyio
from inspect_ai.model import ChatMessageUser, GenerateConfig, ModelOutput

from sale_inspect._inspect.auction._ask import cut_in_thought
from sale_inspect._inspect.auction._jury import RATING_TOKENS
from sale_inspect._inspect.store import Bidder, bidder, reply_fault, short_call, token_usage
from sale_inspect.auction import parse_rating, parse_strategy, prompt, rating_prompt, refuses, writable
from sale_inspect.checks import Check
from sale_inspect.money import usage_fault, usd
from sale_inspect.options import SaleOptions
from sale_inspect.pools import Agent, Pool
from sale_inspect.texts import fmt_usd

__all__ = ["call_agents", "try_agents"]

_TASK = "How many minutes are there in two and a half hours? Answer with a number."
_PLAN = "1. Multiply 2.5 by 60 with the tool. 2. Check the product by adding 60, 60 and 30. 3. Answer with the number."
_NO_ANSWER = "no answer within"
# The plan is ours, so its label need not be a secret.
_KEY = "trial"
_PLAN_TOKENS = 300
_SHORT = "Reply with the word yes."
_SHORT_TOKENS = 16


def try_agents(pool: Pool, agents: Sequence[Agent], *, timeout: float = SaleOptions().call_timeout) -> list[Check]:
    """Ask each agent for one plan and one rating, as an auction would. This costs two calls an agent.

    Args:
        pool: The pool.
        agents: Those of its agents to ask; a server that does not answer need not be asked.
        timeout: Seconds to wait for one reply; as long as an auction waits, so that what is fine here is fine there.

    Returns:
        A finding for each agent: what its bid and its rating were and cost, or what is wrong and the remedy.
    """
    return anyio.run(_try_all, [bidder(agent, pool.name) for agent in agents], timeout, _try)


def call_agents(pool: Pool, agents: Sequence[Agent], *, timeout: float = SaleOptions().call_timeout) -> list[Check]:
    """Ask each agent for one reply of a few tokens: whether its key and its model work at all.

    Args:
        pool: The pool.
        agents: Those of its agents to ask.
        timeout: Seconds to wait for one reply.

    Returns:
        A finding for each agent: that it replied and what that cost, or what is wrong.
    """
    return anyio.run(_try_all, [bidder(agent, pool.name) for agent in agents], timeout, _short_reply)


async def _short_reply(who: Bidder, timeout: float) -> Check:
    reply, fault = await _call(who, _SHORT, _SHORT_TOKENS, timeout)
    name = f"a reply of {who.name}"
    # A reply that is cut, even in thought, shows that key and model work.
    if fault:
        remedy = "mend the pool's entry (model, base_url, key, top_logprobs, config) until a reply comes back"
        return Check(name=name, status="missing", detail=fault, remedy=remedy)
    return Check(name=name, status="ok", detail=f"it replied; {_cost(who, [reply])}")


async def _try_all(
    bidders: Sequence[Bidder], timeout: float, ask: Callable[[Bidder, float], Awaitable[Check]]
) -> list[Check]:
    checks: list[Check | None] = [None] * len(bidders)

    async def one(place: int) -> None:
        checks[place] = await ask(bidders[place], timeout)

    async with anyio.create_task_group() as group:
        for place in range(len(bidders)):
            group.start_soon(one, place)
    return [check for check in checks if check is not None]


async def _try(who: Bidder, timeout: float) -> Check:
    environment = "Tools: python(code). Message limit: 20."
    prefix = prompt("task").fill(task=_TASK, environment=environment)
    bid, bid_fault = await _call(who, f"{prefix}\n\n{prompt('bid').fill(words=180)}", _PLAN_TOKENS, timeout)
    plan = None if bid is None else parse_strategy(writable(bid.completion))
    if bid is not None and not bid_fault:
        bid_fault = "" if plan else cut_in_thought(who, bid) or "the reply holds no plan"
        bid_fault = "it refuses to plan" if plan and refuses(plan) else bid_fault
    asking = rating_prompt(_PLAN, author="", key=_KEY, json_form=who.agent.json_schema)
    rated, rating_fault = await _call(who, f"{prefix}\n\n{asking.request}", RATING_TOKENS, timeout)
    rating = None if rated is None else parse_rating(writable(rated.completion), asking.labels[0])
    if rated is not None and not rating_fault and rating is None:
        rating_fault = cut_in_thought(who, rated) or f"no rating in the reply {writable(rated.completion)[:60]!r}"
    name = f"bid and rating of {who.name}"
    faults = [f"{what}: {fault}" for what, fault in (("bid", bid_fault), ("rating", rating_fault)) if fault]
    if faults:
        remedy = "" if "thinking:" in " ".join(faults) else _remedy(bid_fault, rating_fault)
        # An agent that cannot bid takes no part; one that cannot rate leaves the others' votes.
        return Check(name=name, status="missing" if bid_fault else "optional", detail="; ".join(faults), remedy=remedy)
    return Check(name=name, status="ok", detail=f"a plan, and the rating {rating}; {_cost(who, [bid, rated])}")


async def _call(who: Bidder, request: str, tokens: int, timeout: float) -> tuple[ModelOutput | None, str]:
    top = who.agent.top_logprobs
    config = short_call(who.agent, who.model.config, tokens).merge(
        GenerateConfig(logprobs=True if top else None, top_logprobs=top or None, max_retries=1)
    )
    output = None
    try:
        with anyio.move_on_after(timeout):
            output = await who.model.generate([ChatMessageUser(content=request)], config=config)
    except Exception as error:  # noqa: BLE001 - providers raise what they like; the reason is shown
        return None, f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200] if str(error).strip() else ''}"
    if output is None:
        return None, f"{_NO_ANSWER} {timeout:g} s"
    return output, reply_fault(output)


def _cost(who: Bidder, outputs: Sequence[ModelOutput | None]) -> str:
    usages = [token_usage(output.usage) for output in outputs if output is not None and output.usage is not None]
    if len(usages) < len(outputs) or any(usage_fault(usage) for usage in usages):
        return "the server does not say how many tokens were used, so a run cannot be priced"
    return f"{fmt_usd(sum(usd(usage, who.price) for usage in usages))} paid"


def _remedy(bid_fault: str, rating_fault: str) -> str:
    if bid_fault.startswith(_NO_ANSWER) or (not bid_fault and rating_fault.startswith(_NO_ANSWER)):
        return (
            "an auction drops it after the same wait: use a faster server, or wait longer with -S call_timeout=SECONDS"
        )
    if bid_fault:
        return "mend the pool's entry (model, base_url, key, top_logprobs, config) until the bid comes back"
    return "this agent will abstain as a judge: leave it out with -S judges=..., or use a model that keeps to a form"
