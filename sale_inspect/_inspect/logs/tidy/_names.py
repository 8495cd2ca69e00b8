"""How tables name the policy of a log, with the options in which it differs from the defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Literal

from inspect_ai.log import EvalLog

from sale_inspect._inspect.store import DEFAULT_AGENT, read

__all__ = ["PolicyKind", "kind_of", "policy_of"]

PolicyKind = Literal["sale", "single", "router", "other"]

_DEFAULT_DEFENCES = {"quote", "anonymous"}
# Options that change what an auction decides, with their defaults and how a name tells of them.
_OPTIONS: tuple[tuple[str, object, str], ...] = (
    ("jury", "individual", "{} jury"),
    ("judges", "all", "judges {}"),
    ("drop", "", "without {}"),
    ("without", "", "without {}"),
    ("memory", "run", "memory {}"),
    ("frozen", False, "frozen memory"),
    ("memory_lag", 1, "memory lag {}"),
    ("winning", "auction", "winning by {}"),
    ("neighbours", 8, "{} neighbours"),
    ("strategy_tokens", 300, "plans of {} tokens"),
    ("weights", "", "weights {}"),
)


def kind_of(header: EvalLog, store: Mapping[str, Any]) -> PolicyKind:
    """What kind of policy a log is of, from a sample's store, or from its solver if no sample tells."""
    policy = read(store).policy or _solver(header)
    if policy in ("sale", "single"):
        return "sale" if policy == "sale" else "single"
    return "router" if policy == "routed" or policy.startswith("routed ") else "other"


def policy_of(header: EvalLog, store: Mapping[str, Any]) -> str:
    """The name of a log's policy, for instance `SALE, panel jury`, `8b alone`, `wtp-knn`."""
    kind, given = kind_of(header, store), header.eval.solver_args or {}
    if kind == "other":
        return f"{header.eval.solver or 'default solver'} with {header.eval.model}"
    parts = [_base(kind, header, store)]
    executor = given.get("executor" if kind == "single" else "agent", DEFAULT_AGENT)
    if kind == "sale":
        parts += _varied(given)
    if kind == "router" and given.get("knob") is not None:
        parts.append(f"knob {given['knob']}")
    if executor not in (None, DEFAULT_AGENT):
        parts.append(f"executor {executor}")
    return ", ".join(parts)


def _base(kind: PolicyKind, header: EvalLog, store: Mapping[str, Any]) -> str:
    given = header.eval.solver_args or {}
    if kind == "sale":
        return "SALE as an agent" if "sale_agent" in (header.eval.solver or "") else "SALE"
    if kind == "single":
        return f"{read(store).agent or given.get('agent', 'an agent')} alone"
    named = read(store).policy.removeprefix("routed ")
    return named or PurePath(str(given.get("router", "a router"))).stem


def _solver(header: EvalLog) -> str:
    """The name of one of this package's solvers, as a package's or as a file's; empty for others."""
    path = PurePath(header.eval.solver or "")
    name = path.stem if path.parent.name in ("sale_inspect", "solvers") else ""
    return name if name in ("sale", "single", "routed") else ""


def _varied(given: Mapping[str, Any]) -> Iterator[str]:
    for name, default, said in _OPTIONS:
        value = given.get(name, default)
        if value is None or value == default or _listed(value) == _listed(default):
            continue
        if name == "memory":
            yield "no memory" if value in ("off", False) else f"memory {PurePath(str(value)).stem}"
        else:
            words = _listed(value)
            if name == "weights" and PurePath(words[0]).stem == "weights":
                yield "fitted weights"
                continue
            yield said.format(PurePath(words[0]).stem if name == "weights" else " and ".join(words))
    defences = set(_listed(given.get("defences", sorted(_DEFAULT_DEFENCES))))
    if defences != _DEFAULT_DEFENCES:
        yield f"defences {' and '.join(sorted(defences)) or 'none'}"


def _listed(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    return [part.strip() for part in str(value).split(",") if part.strip()]
