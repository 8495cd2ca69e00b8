"""How tables name the policy of a log, with the options in which it differs from the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Literal

from inspect_ai.log import EvalLog

from sale_inspect._inspect.store import read
from sale_inspect.options import Options, RoutedOptions, SaleOptions, SingleOptions, policy_words

__all__ = ["PolicyKind", "kind_of", "policy_of"]

PolicyKind = Literal["sale", "single", "router", "other"]

_OPTIONS: dict[PolicyKind, type[Options]] = {"sale": SaleOptions, "single": SingleOptions, "router": RoutedOptions}


def kind_of(header: EvalLog, store: Mapping[str, Any]) -> PolicyKind:
    """What kind of policy a log is of, from a sample's store, or from its solver if no sample tells."""
    policy = read(store).policy or _solver(header)
    if policy in ("sale", "single"):
        return "sale" if policy == "sale" else "single"
    return "router" if policy == "routed" or policy.startswith("routed ") else "other"


def policy_of(header: EvalLog, store: Mapping[str, Any]) -> str:
    """The name of a log's policy, for instance `SALE, panel jury`, `8b alone`, `wtp-knn`."""
    kind, options = kind_of(header, store), header.eval.solver_args or {}
    if kind == "other":
        return f"{header.eval.solver or 'default solver'} with {header.eval.model}"
    return ", ".join([_base(kind, header, store), *policy_words(_OPTIONS[kind], options)])


def _base(kind: PolicyKind, header: EvalLog, store: Mapping[str, Any]) -> str:
    options = header.eval.solver_args or {}
    if kind == "sale":
        return "SALE as an agent" if "sale_agent" in (header.eval.solver or "") else "SALE"
    if kind == "single":
        return f"{read(store).agent or options.get('agent', 'an agent')} alone"
    router = read(store).policy.removeprefix("routed ")
    return router or PurePath(str(options.get("router", "a router"))).stem


def _solver(header: EvalLog) -> str:
    """The name of one of this package's solvers, as a package's or as a file's; empty for others."""
    path = PurePath(header.eval.solver or "")
    name = path.stem if path.parent.name in ("sale_inspect", "solvers") else ""
    return name if name in ("sale", "single", "routed") else ""
