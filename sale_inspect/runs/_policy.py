"""The one rule of names: runs of equal content are one policy, and a name tells only what differs (ours)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from sale_inspect._errors import LogError
from sale_inspect.outcomes import named
from sale_inspect.runs._facts import LogFacts, LogHead, SampleFacts
from sale_inspect.runs._traits import PolicyKind, Trait, base_name, kind_of, traits_of

__all__ = ["SOURCES", "Doer", "Named", "doers_of", "name_policies", "named_by"]

SOURCES = "model, solver, log_dir, task_arg:NAME, solver_arg:NAME, model_arg:NAME, config:NAME or metadata:NAME"
"""What can name an agent or tell policies apart."""

_WHOLE = ("model", "solver", "log_dir")


@dataclass(frozen=True, kw_only=True, slots=True)
class Doer:
    """Who did a log: its kind, the shortest name, and its traits.

    Attributes:
        kind: See `PolicyKind`.
        base: The shortest name.
        traits: What makes it what it is.
    """

    kind: PolicyKind
    base: str
    traits: Mapping[str, Trait]


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Names of the policies of logs.

    Attributes:
        names: Name of each log's policy, in the order of the logs.
        shared: What all policies of one base name have in common beside the defaults, one sentence each.
    """

    names: tuple[str, ...]
    shared: tuple[str, ...]


def doers_of(logs: Sequence[LogFacts]) -> list[Doer]:
    """Who did each log, from its head and its first sample with a ledger.

    A log that was cut off before it had one is told by those of the same evaluation: retries keep what runs.

    Args:
        logs: The logs.
    """
    told = {log.head.eval_task_id: telling for log in logs if (telling := _telling(log)) is not None}
    # Old logs have no id of their evaluation.
    told.pop("", None)
    return [_doer(log, _telling(log) or told.get(log.head.eval_task_id)) for log in logs]


def _telling(log: LogFacts) -> SampleFacts | None:
    return next((sample for sample in log.samples if sample.ledger_policy), None)


def _doer(log: LogFacts, telling: SampleFacts | None) -> Doer:
    kind = kind_of(log.head, telling)
    base = base_name(log.head, telling, kind)
    return Doer(kind=kind, base=base, traits=traits_of(log.head, telling, kind))


def name_policies(doers: Sequence[Doer]) -> Named:
    """Names of policies: what differs among those of one base name becomes a part of the name, what is equal does not.

    Equal content always gets the same name, and different content never does.

    Args:
        doers: Who did each log.
    """
    groups: dict[tuple[PolicyKind, str], list[Mapping[str, Trait]]] = {}
    for doer in doers:
        group = groups.setdefault((doer.kind, doer.base), [])
        if doer.traits not in group:
            group.append(doer.traits)
    names: dict[tuple[PolicyKind, str, int], str] = {}
    shared: list[str] = []
    taken: set[str] = set()
    for (kind, base), group in groups.items():
        differing = _differing(group)
        # An option of ours that is not at its default is worth a sentence even where all have it.
        if equal := [trait.words for key, trait in group[0].items() if trait.option and key not in differing]:
            shared.append(f"All runs of {base} have: {', '.join(equal)}.")
        for place, traits in enumerate(group):
            name = _name(kind, base, {key: traits[key] for key in differing if key in traits})
            if name in taken:
                name = f"{name} {_mark(traits)}"
            taken.add(name)
            names[kind, base, place] = name
    return Named(
        names=tuple(names[doer.kind, doer.base, groups[doer.kind, doer.base].index(doer.traits)] for doer in doers),
        shared=tuple(shared),
    )


def _differing(group: Sequence[Mapping[str, Trait]]) -> list[str]:
    keys = dict.fromkeys(key for traits in group for key in traits)
    differing = [key for key in keys if len({traits.get(key) for traits in group}) > 1]
    # A pool's content is told by its name where names differ with it.
    if "pool" in differing and len({traits.get("pool") for traits in group}) == len(
        {(traits.get("pool"), traits.get("pool_content")) for traits in group}
    ):
        differing = [key for key in differing if key != "pool_content"]
    return differing


def _name(kind: PolicyKind, base: str, traits: Mapping[str, Trait]) -> str:
    words = [base, *(trait.words for trait in traits.values())]
    # Agents' names stand in lists with commas between them.
    return " ".join(words) if kind == "other" else ", ".join(words)


def _mark(traits: Mapping[str, Trait]) -> str:
    text = "\n".join(f"{key}={trait.value}" for key, trait in sorted(traits.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:4]


def named_by(source: str, flag: str, head: LogHead, sample: SampleFacts) -> str:
    """What a source of names says of a sample; empty for `--policy-from` where the value is null.

    Args:
        source: One of `SOURCES`.
        flag: The option, for errors.
        head: The log.
        sample: The sample.

    Raises:
        LogError: If there is no such source, or the log does not have it.
    """
    about, _, key = source.partition(":")
    places: dict[str, Mapping[str, Any]] = {
        "model": {"": head.model},
        "solver": {"": head.solver or "default solver"},
        "log_dir": {"": PurePath(head.log_path).parent.name},
        "task_arg": head.task_args,
        "solver_arg": head.solver_args,
        "model_arg": head.model_args,
        "config": head.config,
        "metadata": {**sample.metadata, **head.metadata},
    }
    if about not in places or bool(key) == (about in _WHOLE):
        raise LogError(f"{flag} {source}: is not one of {SOURCES}.")
    if key not in places[about]:
        there = named(sorted(map(str, places[about]))) or "none"
        raise LogError(f"{flag} {source}: log {head.log} has no {key!r}. It has: {there}.")
    value = places[about][key]
    return "" if value is None and flag == "--policy-from" else str(value)
