"""What makes a policy what it is, read from a log: its traits by name, in the order in which a name tells them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from sale_inspect.options import (
    Options,
    RoutedOptions,
    SaleOptions,
    SingleOptions,
    at_default,
    option_rows,
    option_words,
)
from sale_inspect.pools import OPERATIONAL
from sale_inspect.runs._facts import LogHead, SampleFacts
from sale_inspect.texts import hidden_values, names_a_secret

__all__ = ["AS_A_MODEL", "PolicyKind", "Trait", "base_name", "kind_of", "own_solver", "traits_of"]

PolicyKind = Literal["sale", "single", "router", "other"]
"""An auction, one agent of a pool alone, a router, or anybody else's solver."""

AS_A_MODEL = " as a model"
"""End of the policy in the ledger of a router that was Inspect's model: what ran around it is a part of the policy."""

_OPTIONS: Mapping[PolicyKind, type[Options]] = {
    "sale": SaleOptions,
    "single": SingleOptions,
    "router": RoutedOptions,
}
_OWN_SOLVERS = {"sale": "sale", "sale_agent": "sale", "single": "single", "routed": "router"}
# Arguments of our solvers that are told as something else (the pool's content, the agent, the router), or that change
# how a run is carried out and not what is run.
_NO_TRAIT: Mapping[PolicyKind, frozenset[str]] = {
    "sale": frozenset({"pool", "preset", "check", "call_timeout"}),
    "single": frozenset({"pool", "agent", "check"}),
    "router": frozenset({"pool", "router", "check"}),
}
_LONGEST = 40
_DIGITS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Trait:
    """One thing that makes a policy what it is.

    Attributes:
        value: What it is; two logs are alike in it if this is equal.
        words: How a name tells of it.
        option: It is an option of this package's solvers, at another value than its default.
    """

    value: str
    words: str
    option: bool = False


def own_solver(head: LogHead) -> str:
    """The name of one of this package's solvers, as a package's or as a file's; empty for others."""
    path = PurePath(head.solver)
    name = path.stem if path.parent.name in ("sale_inspect", "solvers") else ""
    return name if name in _OWN_SOLVERS else ""


def kind_of(head: LogHead, telling: SampleFacts | None) -> PolicyKind:
    """What kind of policy did a log: as its ledgers say, else as its solver's name says.

    Args:
        head: The log.
        telling: A sample with a ledger; None if the log has none.
    """
    policy = "" if telling is None else telling.ledger_policy.removesuffix(AS_A_MODEL)
    if policy in ("sale", "single"):
        return "sale" if policy == "sale" else "single"
    if policy.startswith("routed"):
        return "router"
    kinds: Mapping[str, PolicyKind] = {"sale": "sale", "sale_agent": "sale", "single": "single", "routed": "router"}
    return kinds.get(own_solver(head), "other")


def base_name(head: LogHead, telling: SampleFacts | None, kind: PolicyKind) -> str:
    """The shortest name: `SALE`, `4b alone`, the router's, or Inspect's string of the model."""
    if kind == "sale":
        if telling is not None and telling.ledger_policy.endswith(AS_A_MODEL):
            return f"SALE{AS_A_MODEL}"
        return "SALE as an agent" if "sale_agent" in head.solver else "SALE"
    if kind == "single":
        agent = "" if telling is None else telling.agent
        return f"{agent or head.solver_args.get('agent') or 'an agent'} alone"
    if kind == "router":
        name = "" if telling is None else telling.ledger_policy.removeprefix("routed").strip()
        return name or PurePath(str(head.solver_args.get("router", "a router"))).stem
    return head.model


def traits_of(head: LogHead, telling: SampleFacts | None, kind: PolicyKind) -> dict[str, Trait]:
    """The traits by name; two logs are of one policy if theirs are equal. A default is no trait."""
    if telling is not None and telling.ledger_policy.endswith(AS_A_MODEL):
        given = {name: value for name, value in head.model_args.items() if name != "pool"}
        own = [*_values("model_arg", given), *_values("config", head.config), *_values("solver_arg", head.solver_args)]
        return dict([*_pool(telling), *_solver(head), *own])
    if kind != "other":
        return dict([*_pool(telling), *_options(head, telling, kind)])
    return dict(
        [
            *_solver(head),
            *_values("model_arg", head.model_args),
            *_values("config", head.config),
            *_values("solver_arg", head.solver_args),
            *_roles(head),
        ]
    )


def _solver(head: LogHead) -> Iterator[tuple[str, Trait]]:
    if head.solver:
        name = head.solver.rpartition("/")[2].removesuffix(".py")
    else:
        params = [step.get("params") or {} for step in head.steps]
        steps = "+".join(str(step.get("solver", "")).rpartition("/")[2] for step in head.steps)
        name = f"{steps} {_digest(params)}" if any(params) else steps
    if name:
        yield "solver", Trait(value=name, words=name)


def _roles(head: LogHead) -> Iterator[tuple[str, Trait]]:
    if head.roles:
        digest = _digest(head.roles)
        yield "roles", Trait(value=digest, words=f"roles {digest}")


def _pool(telling: SampleFacts | None) -> Iterator[tuple[str, Trait]]:
    if telling is None:
        return
    if telling.pool:
        yield "pool", Trait(value=telling.pool, words=f"pool {telling.pool}")
    digest = _digest([sorted(telling.prices), telling.agents])
    yield "pool_content", Trait(value=digest, words=f"pool of content {digest}")


def _preset(head: LogHead, telling: SampleFacts | None) -> str:
    """The preset of an auction: as its record says, which knows what a weights file brought, else as it was given."""
    records = () if telling is None else telling.records
    recorded = records[0].options.get("preset") if records else None
    return str(recorded or head.solver_args.get("preset") or "paper")


def _options(head: LogHead, telling: SampleFacts | None, kind: PolicyKind) -> Iterator[tuple[str, Trait]]:
    """Options of this package's solvers that are not at their defaults, in the order in which names tell of them.

    The preset of an auction is told whichever it is.
    """
    options = _OPTIONS[kind]
    given = dict(head.solver_args)
    if kind == "sale":
        given["preset"] = _preset(head, telling)
        yield "preset", Trait(value=given["preset"], words=f"preset {given['preset']}", option=True)
    rows = {row.name: row for row in option_rows(options)}
    for name in (*rows, *(name for name in given if name not in rows)):
        if name not in given or name in _NO_TRAIT[kind]:
            continue
        value = given[name]
        if value is None or (name in rows and at_default(options, rows[name], given)):
            continue
        words = option_words(rows[name], value) if name in rows else ""
        if name == "prompts" and telling is not None and telling.records:
            # A folder's name is no content: the same one may hold other prompts tomorrow.
            value = telling.records[0].prompts
        value = hidden_values(value)
        yield name, Trait(value=_shown(value), words=words or f"{name}={_shown(value)}", option=True)


def _values(about: str, arguments: Mapping[str, Any]) -> Iterator[tuple[str, Trait]]:
    for name, value in arguments.items():
        if name in OPERATIONAL or value is None:
            continue
        if names_a_secret(name):
            # Two policies may differ in it, and a name must not tell it.
            digest = _digest(value)
            yield f"{about}.{name}", Trait(value=digest, words=f"{name} {digest}")
        else:
            shown = _shown(hidden_values(value))
            yield f"{about}.{name}", Trait(value=shown, words=f"{name}={shown}")


def _shown(value: object) -> str:
    """A value as a name can hold it: no commas, no line breaks, and not long."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    if isinstance(value, list | tuple):
        text = " and ".join(map(str, value))
    text = " ".join(text.replace(",", " and ").split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}... {_digest(value)}"


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
