"""Price lists: what a model, or an agent of a pool, costs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sale_inspect._bounds import yaml_value
from sale_inspect._errors import OutcomesError, UnpricedAgentError
from sale_inspect.money import TokenUsage
from sale_inspect.pools import Pool, load_pool, packaged_pools, parse_pool

__all__ = ["ListedPrice", "PriceList", "read_price_list"]

_SHAPE = "`model: {input: 0.5, output: 1.5, as_of: 2026-01-31}`, in dollars per million tokens"
# Inspect's own names, as in the file of --model-cost-config.
_ALIASES = {"input_cache_read": "cache_read", "input_cache_write": "cache_write"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedPrice:
    """What one model costs, dollars per million tokens; None for a cache price that is not listed."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    as_of: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceList:
    """Prices by the name of the model, or of the pool's agent.

    Attributes:
        prices: The prices.
        where: Name of the file.
    """

    prices: Mapping[str, ListedPrice]
    where: str

    def price(self, name: str) -> ListedPrice:
        """The price of a model.

        Raises:
            UnpricedAgentError: If it is not listed.
        """
        if name in self.prices:
            return self.prices[name]
        near = difflib.get_close_matches(name, self.prices, n=1)
        hint = f" Its nearest name is {near[0]!r}." if near else ""
        raise UnpricedAgentError(
            f"Model {name!r} has no price in {self.where}.{hint} Add a line {_SHAPE.replace('model', repr(name), 1)}."
        )

    def dollars(self, name: str, usage: TokenUsage) -> float:
        """Dollars of recorded tokens: (input * p_in + output * p_out + cache * p_cache) / 1e6.

        Raises:
            UnpricedAgentError: If the model has no price, or none for the cached tokens that it used.
        """
        price = self.price(name)
        total = usage.input * price.input + usage.output * price.output
        for kind, tokens in (("cache_read", usage.cache_read), ("cache_write", usage.cache_write)):
            listed: float | None = getattr(price, kind)
            if tokens and listed is None:
                raise UnpricedAgentError(
                    f"Model {name!r} used {tokens} {kind} tokens, and {self.where} has no {kind} price. Add it."
                )
            total += tokens * (listed or 0.0)
        return total / 1e6


def read_price_list(given: str) -> PriceList:
    """Read prices from a pool (a YAML file, or the name of a packaged one) or from a small YAML file.

    The small file maps the name of a model to `input` and `output`, and maybe `cache_read`, `cache_write` and
    `as_of`; the file that Inspect takes with --model-cost-config is one.

    Raises:
        OutcomesError: If the file cannot be read or an entry is not a price.
        PoolError: If it is a pool that cannot be used.
    """
    path = Path(given)
    if given in packaged_pools() and not path.is_file():
        return _of_pool(load_pool(given), given)
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml_value(text)
    except OSError as error:
        raise OutcomesError(
            f"--prices {given}: cannot be read ({error.strerror}). Give a pool's file, one of the packaged pools "
            f"({', '.join(packaged_pools())}), or a YAML file of {_SHAPE}."
        ) from error
    except ValueError as error:
        raise OutcomesError(f"--prices {given}: cannot be used: {error}.") from error
    if not isinstance(data, dict) or not data:
        raise OutcomesError(f"--prices {given}: must be a mapping of models to prices: {_SHAPE}.")
    if "agents" in data:
        return _of_pool(parse_pool(text, given), given)
    return PriceList(prices={str(name): _price(given, str(name), entry) for name, entry in data.items()}, where=given)


def _of_pool(pool: Pool, where: str) -> PriceList:
    prices = {}
    for agent in pool.agents:
        listed = ListedPrice(
            input=agent.price.input,
            output=agent.price.output,
            cache_read=agent.price.cache_read,
            cache_write=agent.price.cache_write,
            as_of=str(agent.price.as_of),
        )
        prices[agent.name] = prices[agent.model] = listed
    return PriceList(prices=prices, where=where)


def _price(where: str, name: str, entry: object) -> ListedPrice:
    if not isinstance(entry, dict):
        raise OutcomesError(f"--prices {where}: model {name!r}: must be a price: {_SHAPE}.")
    values = {_ALIASES.get(str(key), str(key)): value for key, value in entry.items()}
    for key in ("input", "output", "cache_read", "cache_write"):
        value = values.get(key)
        if value is None and key.startswith("cache"):
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise OutcomesError(
                f"--prices {where}: model {name!r}: field {key} is {value!r}, must be dollars per million tokens, "
                f"as in {_SHAPE}."
            )
    if not values["input"] and not values["output"]:
        raise OutcomesError(
            f"--prices {where}: model {name!r}: input and output are both 0, which would make it free. Give a price; "
            "a notional one is fine."
        )
    return ListedPrice(
        input=values["input"],
        output=values["output"],
        cache_read=values.get("cache_read"),
        cache_write=values.get("cache_write"),
        as_of=str(values.get("as_of") or ""),
    )
