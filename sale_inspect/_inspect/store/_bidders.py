"""From a pool to models that can be called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspect_ai.model import (
    GenerateConfig,
    Model,
    ModelCost,
    ModelInfo,
    get_model,
    get_model_info,
    model_roles,
    set_model_info,
)
from pydantic import ValidationError

from sale_inspect._errors import PoolError, UnpricedAgentError
from sale_inspect._inspect.store._bodies import show_bodies
from sale_inspect._inspect.store._connections import shared_connections
from sale_inspect._inspect.store._thinking import check_thinking
from sale_inspect.money import Price
from sale_inspect.pools import Agent, Pool, PriceEntry, agent_identity

__all__ = [
    "AGENTS_ROLE",
    "WINNER_PROVIDER",
    "Bidder",
    "bidder",
    "generate_config",
    "pool_from_roles",
    "register_price",
    "register_prices",
]

AGENTS_ROLE = "agents"
"""Name of the model role that can stand in for a pool file."""

WINNER_PROVIDER = "sale_winner"
"""Inspect's provider of names that stand for a bidder's model with all that its pool entry says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bidder:
    """An agent of the pool with the model that speaks for it.

    Attributes:
        agent: The agent.
        model: Its model.
        price: Its price.
        identity: What it is, by content; see `agent_identity`.
    """

    agent: Agent
    model: Model
    price: Price
    identity: str

    @property
    def name(self) -> str:
        """Name of the agent."""
        return self.agent.name

    @property
    def model_names(self) -> frozenset[str]:
        """The names under which Inspect's events have calls of its model."""
        return frozenset({str(self.model), self.model.name, self.agent.model, f"{WINNER_PROVIDER}/{self.model.name}"})


def generate_config(agent: Agent, where: str) -> GenerateConfig:
    """The agent's generation config as Inspect's own, after what it does with thoughts was checked.

    Raises:
        PoolError: If a field is unknown to Inspect or has a wrong value, or thoughts cannot be treated as asked.
    """
    check_thinking(agent, where)
    unknown = set(agent.config) - set(GenerateConfig.model_fields)
    if unknown:
        raise PoolError(
            f"Pool {where}: agent {agent.name!r}: field `config.{sorted(unknown)[0]}` is not a field of Inspect's "
            "GenerateConfig. See `inspect eval --help` for their names (with underscores)."
        )
    try:
        return shared_connections(GenerateConfig(**agent.config))
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise PoolError(f"Pool {where}: agent {agent.name!r}: field `config.{field}`: {fault['msg']}.") from error


def bidder(agent: Agent, where: str, roles: dict[str, Model] | None = None) -> Bidder:
    """The agent with its model. Inspect keeps one model object for equal arguments.

    Args:
        agent: Agent of the pool.
        where: Name of the pool, for errors.
        roles: Models that were given by role, by agent name; they are used as they are.
    """
    price = agent.price.price()
    if roles is not None:
        model = roles[agent.name]
        # The pool made of roles has no generation configs; they are in the models.
        identity = agent_identity(agent, model.config.model_dump(mode="json", exclude_none=True))
        return Bidder(agent=agent, model=show_bodies(model), price=price, identity=identity)
    args: dict[str, Any] = dict(agent.model_args)
    model = get_model(agent.model, config=generate_config(agent, where), base_url=agent.base_url, **args)
    return Bidder(agent=agent, model=show_bodies(model), price=price, identity=agent_identity(agent))


def register_price(model: str, price: PriceEntry) -> None:
    """Tell Inspect the price of one model, by Inspect's name."""
    cost = ModelCost(
        input=price.input,
        output=price.output,
        input_cache_read=price.cache_read,
        input_cache_write=price.cache_write,
    )
    info = get_model_info(model) or ModelInfo()
    set_model_info(model, info.model_copy(update={"cost": cost}))


def register_prices(pool: Pool) -> None:
    """Tell Inspect the pool's prices, so that its cost accounting and `--cost-limit` work."""
    for agent in pool.agents:
        register_price(agent.model, agent.price)
    # Without --model Inspect's main model is none/none, which is never called; unpriced, it would
    # make --cost-limit fail at the start.
    if get_model_info("none/none") is None:
        free = ModelCost(input=0.0, output=0.0, input_cache_read=0.0, input_cache_write=0.0)
        set_model_info("none/none", ModelInfo(cost=free))


def pool_from_roles() -> tuple[Pool, dict[str, Model]]:
    """The pool given by `--model-role agents=...`, priced by `--model-cost-config`.

    Raises:
        PoolError: If there is no such role or two models have one name.
        UnpricedAgentError: If Inspect knows no price for one of the models.
    """
    role_models = model_roles().get(AGENTS_ROLE)
    if role_models is None:
        raise PoolError(
            "No pool of agents. Give a pool file or the name of a packaged one (-S pool=sim), or models by role: "
            "--model-role agents=openai/a,openai/b --model-cost-config prices.yaml."
        )
    # A role with one model arrives bare, not as a list.
    models = role_models if isinstance(role_models, list) else [role_models]
    roles: dict[str, Model] = {}
    agents = []
    for model in models:
        if model.name in roles:
            raise PoolError(f"Role {AGENTS_ROLE!r}: two agents are called {model.name!r}; names must be unique.")
        roles[model.name] = model
        info = get_model_info(model)
        if info is None or info.cost is None:
            raise UnpricedAgentError(
                f"Role {AGENTS_ROLE!r}: model {str(model)!r} has no price. Add it to the file given with "
                "--model-cost-config, or use a pool file."
            )
        price = PriceEntry(
            input=info.cost.input,
            output=info.cost.output,
            cache_read=info.cost.input_cache_read,
            cache_write=info.cost.input_cache_write,
            as_of="not stated",
            source="Inspect's model info (--model-cost-config)",
        )
        agents.append(Agent(name=model.name.replace("/", "-"), model=str(model), price=price))
    return Pool(name="role:agents", agents=tuple(agents)), {
        agent.name: model for agent, model in zip(agents, roles.values(), strict=True)
    }
