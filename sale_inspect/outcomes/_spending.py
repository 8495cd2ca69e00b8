"""Dollars for runs that have none: from recorded tokens and a price list, or estimated from lengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError, SaleError, UnpricedAgentError
from sale_inspect.auction import TOKENIZER, count_tokens
from sale_inspect.money import BLEND_INPUT_SHARE
from sale_inspect.outcomes._prices import ListedPrice, PriceList

__all__ = ["Known", "Pricing", "Spent"]

_Floats = NDArray[np.float64]
_Codes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Known:
    """What is known of some runs; NaN for a number that is not.

    Attributes:
        agents: (runs,), which of `agent_names`.
        agent_names: The agents, as the price list names them.
        texts: (runs,), which of `task_texts`.
        task_texts: The tasks' texts.
        dollars: (runs,).
        tokens: (runs,).
        input_tokens: (runs,).
        output_tokens: (runs,).
    """

    agents: _Codes
    agent_names: Sequence[str]
    texts: _Codes
    task_texts: Sequence[str]
    dollars: _Floats
    tokens: _Floats
    input_tokens: _Floats
    output_tokens: _Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Spent:
    """Dollars and tokens of runs, and what they rest on.

    Attributes:
        dollars: (runs,).
        tokens: (runs,), NaN where not known.
        priced: (runs,), whether the dollars come from the price list.
        estimated: (runs,), whether they rest on tokens that were guessed.
        price_dates: For each of `Known.agent_names`, the date of its price; empty if it is not stated.
        bad: The first run that has no dollars; None if all have.
        error: Why not.
    """

    dollars: _Floats
    tokens: _Floats
    priced: NDArray[np.bool_]
    estimated: NDArray[np.bool_]
    price_dates: Sequence[str]
    bad: int | None = None
    error: SaleError | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pricing:
    """How runs without dollars get them.

    Attributes:
        prices: The price list, if one was given.
        output_tokens: Output tokens of a run to assume, by agent; "" for all others.
    """

    prices: PriceList | None = None
    output_tokens: Mapping[str, float] = field(default_factory=dict)

    def spent(self, known: Known) -> Spent:
        """Dollars of runs, of each by the best that is known (ours).

        In this order: dollars; input and output tokens at their prices; tokens at the blended price (3 input to 1
        output, estimated); input tokens counted on the task's text with `TOKENIZER` and assumed output tokens
        (estimated).
        """
        given = ~np.isnan(known.dollars)
        both = known.input_tokens + known.output_tokens
        if given.all():
            none = np.zeros(len(given), dtype=bool)
            tokens = np.where(np.isnan(known.tokens), both, known.tokens)
            return Spent(dollars=known.dollars, tokens=tokens, priced=none, estimated=none, price_dates=())
        apart, whole = ~given & ~np.isnan(both), ~given & np.isnan(both) & ~np.isnan(known.tokens)
        guessed = ~(given | apart | whole)
        prices, errors = self._prices(known, ~given)
        sent = np.array([np.nan if price is None else price.input for price in prices])[known.agents]
        written = np.array([np.nan if price is None else price.output for price in prices])[known.agents]
        read = _lengths(known, guessed)
        assumed = np.array([self._assumed(name) for name in known.agent_names])[known.agents]
        blended = BLEND_INPUT_SHARE * sent + (1 - BLEND_INPUT_SHARE) * written
        dollars = known.dollars.copy()
        for rows, amount in (
            (apart, known.input_tokens * sent + known.output_tokens * written),
            (whole, known.tokens * blended),
            (guessed, read * sent + assumed * written),
        ):
            dollars[rows] = amount[rows] / 1e6
        tokens = np.where(given, np.where(np.isnan(known.tokens), both, known.tokens), both)
        tokens = np.where(whole, known.tokens, np.where(guessed, read + assumed, tokens))
        bad = np.isnan(dollars)
        first = int(bad.argmax()) if bad.any() else None
        return Spent(
            dollars=dollars,
            tokens=tokens,
            priced=~given,
            estimated=whole | guessed,
            price_dates=tuple("" if price is None else price.as_of for price in prices),
            bad=first,
            error=None if first is None else errors.get(int(known.agents[first])) or self._why(known, first),
        )

    def _prices(self, known: Known, wanted: NDArray[np.bool_]) -> tuple[list[ListedPrice | None], dict[int, SaleError]]:
        found: list[ListedPrice | None] = [None] * len(known.agent_names)
        errors: dict[int, SaleError] = {}
        for agent in np.unique(known.agents[wanted]).tolist():
            if self.prices is None:
                errors[agent] = OutcomesError(
                    "field dollars: it is missing. Give dollars, or --dollars-from FILE, or --prices FILE with tokens"
                )
                continue
            try:
                found[agent] = self.prices.price(known.agent_names[agent])
            except UnpricedAgentError as unpriced:
                errors[agent] = unpriced
        return found, errors

    def _assumed(self, agent: str) -> float:
        return self.output_tokens.get(agent, self.output_tokens.get("", np.nan))

    def _why(self, known: Known, run: int) -> OutcomesError:
        """Why a run of an agent that has a price has no dollars."""
        agent = known.agent_names[known.agents[run]]
        if not known.task_texts[known.texts[run]]:
            return OutcomesError(
                "field dollars: neither dollars, nor tokens, nor a text to estimate them from. Give one of them"
            )
        return OutcomesError(
            f"field tokens: missing; input tokens can be counted on the text ({TOKENIZER}), output tokens cannot. "
            f"Say how many to assume: --output-tokens 300, or --output-tokens {agent}=300"
        )


def _lengths(known: Known, wanted: NDArray[np.bool_]) -> _Floats:
    """(runs,), tokens of the tasks' texts; NaN for an empty text, and where they are not wanted."""
    counts = np.full(max(1, len(known.task_texts)), np.nan)
    for text in np.unique(known.texts[wanted]).tolist():
        if known.task_texts[text]:
            counts[text] = count_tokens(known.task_texts[text])
    return counts[known.texts]
