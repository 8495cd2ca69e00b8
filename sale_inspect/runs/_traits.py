"""What makes a policy what it is, read from a log: its traits by name, in the order in which a name tells them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Literal

from sale_inspect.runs._facts import LogHead, SampleFacts

__all__ = ["PolicyKind", "base_name", "kind_of", "own_solver", "traits_of"]

PolicyKind = Literal["sale", "single", "router", "other"]
"""An auction, one agent of a pool alone, a router, or anybody else's solver."""

DEFAULT_AGENT = "react"
DEFAULT_DEFENCES = ("anonymous", "quote")
_OWN_SOLVERS = {"sale": "sale", "sale_agent": "sale", "single": "single", "routed": "router"}
# How a run is carried out, not what is run.
_OPERATIONAL = frozenset(
    {
        *("max_retries", "timeout", "attempt_timeout", "max_connections", "adaptive_connections", "cache", "batch"),
        *("log_dir", "cache_prompt", "max_tool_output"),
    }
)
# Arguments of our solvers that are told as something else: the pool's content, the agent, the router.
_TOLD_OTHERWISE = frozenset({"pool", "agent", "router"})
_LONGEST = 40
_DIGITS = 4


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
    policy = "" if telling is None else telling.ledger_policy
    if policy in ("sale", "single"):
        return "sale" if policy == "sale" else "single"
    if policy.startswith("routed"):
        return "router"
    kinds: Mapping[str, PolicyKind] = {"sale": "sale", "sale_agent": "sale", "single": "single", "routed": "router"}
    return kinds.get(own_solver(head), "other")


def base_name(head: LogHead, telling: SampleFacts | None, kind: PolicyKind) -> str:
    """The shortest name: `SALE`, `4b alone`, the router's, or Inspect's string of the model."""
    if kind == "sale":
        return "SALE as an agent" if "sale_agent" in head.solver else "SALE"
    if kind == "single":
        agent = "" if telling is None else telling.agent
        return f"{agent or head.solver_args.get('agent') or 'an agent'} alone"
    if kind == "router":
        name = "" if telling is None else telling.ledger_policy.removeprefix("routed").strip()
        return name or PurePath(str(head.solver_args.get("router", "a router"))).stem
    return head.model


def traits_of(head: LogHead, telling: SampleFacts | None, kind: PolicyKind) -> dict[str, str]:
    """The traits by name; two logs are of one policy if theirs are equal. A default is no trait."""
    traits: dict[str, str] = {"solver": _solver(head, kind)}
    if kind == "other":
        traits |= {f"model_arg.{name}": shown for name, shown in _values(head.model_args)}
        traits |= {f"config.{name}": shown for name, shown in _values(head.config)}
    else:
        traits |= _pool(head, telling)
    traits |= {f"solver_arg.{name}": shown for name, shown in _arguments(head, kind)}
    if head.roles and kind == "other":
        traits["roles"] = _digest(head.roles)
    return {name: shown for name, shown in traits.items() if shown}


def _solver(head: LogHead, kind: PolicyKind) -> str:
    if kind != "other":
        return ""
    if head.solver:
        return head.solver.rpartition("/")[2].removesuffix(".py")
    names = [str(step.get("solver", "")).rpartition("/")[2] for step in head.steps]
    given = [step.get("params") or {} for step in head.steps]
    name = "+".join(names)
    return f"{name} {_digest(given)}" if any(given) else name


def _pool(head: LogHead, telling: SampleFacts | None) -> dict[str, str]:
    if telling is None:
        return {}
    content = [sorted(telling.prices), telling.agents]
    return {"pool": telling.pool, "pool_content": _digest(content)}


def _arguments(head: LogHead, kind: PolicyKind) -> Iterator[tuple[str, str]]:
    for name, value in head.solver_args.items():
        if kind != "other" and name in _TOLD_OTHERWISE and not (name == "agent" and kind in ("sale", "router")):
            continue
        yield name, _shown(value)


def _values(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if name not in _OPERATIONAL and value is not None:
            yield name, _shown(value)


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
