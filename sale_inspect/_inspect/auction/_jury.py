"""The jury: agents rate plans, each plan in a call of its own or all plans in one call a judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    GenerateConfig,
    ResponseSchema,
)
from inspect_ai.util import JSONSchema, span

from sale_inspect._inspect.auction._ask import ask, cut_in_thought
from sale_inspect._inspect.auction._together import together
from sale_inspect._inspect.store import Bidder, SampleLedger, short_call
from sale_inspect._inspect.view import Media
from sale_inspect.auction import (
    RATING_SCALE,
    Bid,
    JudgePrompt,
    Prompts,
    answer_of,
    answer_prompt,
    asked_judges,
    call_key,
    packaged_prompts,
    panel_order,
    panel_prompt,
    parse_panel,
    parse_rating,
    rating_prompt,
    writable,
)
from sale_inspect.money import Phase
from sale_inspect.options import SaleOptions

__all__ = ["RATING_TOKENS", "Jury", "Ratings"]

Ratings = dict[str, dict[str, int | None]]
Read = TypeVar("Read")

RATING_TOKENS = 64
"""Cap of a rating, tokens; a thought comes on top."""
_PANEL_TOKENS_A_PLAN = 16
_TRIES = 2
# An unreadable reply is shown to its judge again, but not all of a reply that ignored its cap.
_SHOWN_AGAIN = 2_000
_NO_RATING = f"no rating in {_TRIES} replies"


@dataclass(frozen=True, kw_only=True)
class Jury:
    """The judges of one auction.

    Args:
        judges: Every agent of the pool, in pool order.
        key: The auction's key, which no bidder knows; labels, marks and orders are drawn from it.
        prefix: Start of every prompt: the task and its environment.
        options: How the jury works, who rates whose plan, which defences are on, the seconds for a call.
        ledger: Where calls are booked.
        prompts: The prompts.
        media: What of the task is no text, for judges that take it.
    """

    judges: Sequence[Bidder]
    key: str
    prefix: str
    options: SaleOptions
    ledger: SampleLedger
    prompts: Prompts = field(default_factory=packaged_prompts)
    media: Media = field(default_factory=Media)
    notes: list[str] = field(default_factory=list)
    """What went wrong, for the record."""
    _reasons: dict[tuple[str, str], str] = field(default_factory=dict)
    """Why a judge abstained, by judge and bidder."""

    async def rate(self, bids: Sequence[Bid]) -> Ratings:
        """Ratings 0..5 by bidder and asked judge; None where a judge abstained."""
        names = tuple(judge.name for judge in self.judges)
        self._reasons.clear()
        asked = {bid.agent: asked_judges(self.options.switches.judges, bid.agent, names) for bid in bids}
        calls = []
        for judge in self.judges:
            to_rate = [bid for bid in bids if judge.name in asked[bid.agent]]
            if self.options.jury == "panel" and to_rate:
                calls.append(self._panel(judge, to_rate))
            elif self.options.jury == "individual":
                calls += [self._single(judge, bid) for bid in to_rate]
        table: Ratings = {bid.agent: {} for bid in bids}
        for judge_name, ratings in await together(calls):
            for agent, rating in ratings.items():
                table[agent][judge_name] = rating
        # Calls are made judge by judge; a row lists its judges in pool order all the same.
        table = {agent: {name: row[name] for name in names if name in row} for agent, row in table.items()}
        self._note(table)
        return table

    async def rate_answer(self, answer: str, author: str) -> dict[str, int | None]:
        """Ratings 0..5 of the answer of an execution by asked judge, booked to the phase `accept` (ours).

        Who rates whose answer, the defences and the bounds of a call are as for plans; None where a judge abstained.

        Args:
            answer: The answer.
            author: Who gave it.
        """
        names = tuple(judge.name for judge in self.judges)
        asked = asked_judges(self.options.switches.judges, author, names)
        self._reasons.clear()
        rated = await together([self._answer(judge, answer, author) for judge in self.judges if judge.name in asked])
        return dict(rated)

    async def _answer(self, judge: Bidder, answer: str, author: str) -> tuple[str, int | None]:
        asking = answer_prompt(
            answer,
            author=author,
            key=call_key(self.key, judge.name, author, "answer", answer),
            anonymous="anonymous" in self.options.active_defences,
            json_form=judge.agent.json_schema,
            prompts=self.prompts,
        )
        return judge.name, await self._rating(judge, asking, "answer", author, "accept")

    def _note(self, table: Ratings) -> None:
        for agent, row in table.items():
            self.notes.extend(
                f"{judge} abstained on the plan of {agent}: {self._reasons.get((judge, agent), _NO_RATING)}."
                for judge, rating in row.items()
                if rating is None
            )
            if all(rating is None for rating in row.values()):
                self.notes.append(f"Nobody rated the plan of {agent}: its value is its entropy alone.")

    async def _single(self, judge: Bidder, bid: Bid) -> tuple[str, dict[str, int | None]]:
        asking = rating_prompt(
            bid.strategy,
            author=bid.agent,
            key=self._key(judge, [bid]),
            anonymous="anonymous" in self.options.active_defences,
            json_form=judge.agent.json_schema,
            prompts=self.prompts,
        )
        return judge.name, {bid.agent: await self._rating(judge, asking, "plan", bid.agent, _phase([bid]))}

    async def _rating(self, judge: Bidder, asking: JudgePrompt, what: str, author: str, phase: Phase) -> int | None:
        """One judge's rating of one plan or answer."""
        schema = _schema("rating", asking.labels) if judge.agent.json_schema else None

        def read(reply: str) -> int | None:
            return parse_rating(reply, asking.labels[0])

        async with span(f"{judge.name} on the {what} of {author}", type="rating"):
            return await self._ask(judge, asking, (author,), phase, RATING_TOKENS, schema, read)

    async def _panel(self, judge: Bidder, bids: Sequence[Bid]) -> tuple[str, dict[str, int | None]]:
        key = self._key(judge, bids)
        order = panel_order(bids, key=key)
        asking = panel_prompt(
            [(bid.agent, bid.strategy) for bid in order],
            key=key,
            anonymous="anonymous" in self.options.active_defences,
            json_form=judge.agent.json_schema,
            prompts=self.prompts,
        )
        labels = asking.labels
        schema = _schema("ratings", labels) if judge.agent.json_schema else None
        tokens = RATING_TOKENS + _PANEL_TOKENS_A_PLAN * len(order)
        by_label: dict[str, int | None] = {}

        def read(reply: str) -> bool | None:
            """Keeps what could be read; the judge is asked again only if something is missing."""
            for label, rating in parse_panel(reply, labels).items():
                by_label[label] = rating if rating is not None else by_label.get(label)
            return True if all(by_label[label] is not None for label in labels) else None

        async with span(f"{judge.name} on {len(order)} plans", type="rating"):
            authors = [bid.agent for bid in order]
            await self._ask(judge, asking, authors, _phase(order), tokens, schema, read)
        return judge.name, {bid.agent: by_label.get(label) for label, bid in zip(labels, order, strict=True)}

    async def _ask(
        self,
        judge: Bidder,
        asking: JudgePrompt,
        authors: Sequence[str],
        phase: Phase,
        tokens: int,
        schema: ResponseSchema | None,
        read: Callable[[str], Read | None],
    ) -> Read | None:
        messages: list[ChatMessage] = [self.media.message(f"{self.prefix}\n\n{asking.request}", judge.agent.inputs)]
        config = short_call(judge.agent, judge.model.config, tokens).merge(GenerateConfig(response_schema=schema))
        for _ in range(_TRIES):
            reply = await ask(judge, phase, messages, config, timeout=self.options.call_timeout, ledger=self.ledger)
            if reply.output is None or reply.reason:
                self._reasons.update(((judge.name, author), reply.reason) for author in authors)
                return None
            text = writable(reply.output.completion)
            rating = read(text)
            if rating is not None:
                return rating
            thought = cut_in_thought(judge, reply.output)
            if thought:
                # Asked again, it would think again and be cut again.
                self._reasons.update(((judge.name, author), thought) for author in authors)
                return None
            answer = answer_of(text).text[:_SHOWN_AGAIN] or "(nothing)"
            messages += [ChatMessageAssistant(content=answer), ChatMessageUser(content=asking.retry)]
        return None

    def _key(self, judge: Bidder, bids: Sequence[Bid]) -> str:
        """The same for the same judge and plans, whenever it is asked; another for first and for refined plans."""
        plans = [part for bid in bids for part in (bid.agent, str(bid.refined), bid.strategy)]
        return call_key(self.key, judge.name, *plans)


def _phase(bids: Sequence[Bid]) -> Phase:
    return "refine" if bids[0].refined else "jury"


def _schema(name: str, keys: Sequence[str]) -> ResponseSchema:
    whole: dict[str, Any] = {key: JSONSchema(type="integer", enum=list(range(RATING_SCALE + 1))) for key in keys}
    return ResponseSchema(
        name=name,
        json_schema=JSONSchema(type="object", properties=whole, required=list(keys), additionalProperties=False),
        strict=True,
    )
