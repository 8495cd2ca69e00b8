"""From evaluation logs to the runs that a fit uses: auctions, and agents alone."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inspect_ai.log import EvalLog, EvalSample, read_eval_log, read_eval_log_samples

from sale_inspect._inspect.logs._find import find_logs
from sale_inspect._inspect.store import read, solved, with_stores
from sale_inspect.auction import AuctionRecord
from sale_inspect.money import AUCTION_PHASES

__all__ = ["NAMED_AT_MOST", "Alone", "HeldAuction", "Runs", "left_out_notes", "named", "read_runs"]

NAMED_AT_MOST = 8
# The bulk of a log, which a fit does not need.
_UNUSED_FIELDS = {"events", "messages", "attachments"}


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldAuction:
    """An auction that was held, and how its execution went."""

    key: str
    record: AuctionRecord
    correct: float
    execute_usd: float
    overhead_usd: float
    where: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Alone:
    """A run of one agent."""

    agent: str
    pool: str
    correct: float
    usd: float
    where: str


@dataclass(kw_only=True, slots=True)
class Runs:
    """What the logs hold.

    Attributes:
        held: Auctions, in the order of the logs.
        alone: Runs of one agent, by task. A task's key is made of its sample id and input.
        ids: Sample id of each task.
        left_out: Samples that cannot be used, by reason.
        notes: What a reader must know of the logs.
        seen: Samples that were read.
    """

    held: list[HeldAuction] = field(default_factory=list)
    alone: dict[str, list[Alone]] = field(default_factory=lambda: defaultdict(list))
    ids: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


def read_runs(places: Iterable[str]) -> Runs:
    """All runs in log files and folders.

    Raises:
        LogError: If a place does not exist or holds no log.
    """
    found = Runs()
    for name in find_logs(places):
        _read_log(name, found)
    return found


def _read_log(name: str, found: Runs) -> None:
    header = read_eval_log(name, header_only=True)
    file = Path(name).name
    used, others = 0, Counter[str]()
    for sample in _samples(name):
        mark = sample.uuid or f"{name}/{sample.id}/{sample.epoch}"
        if mark in found.seen:
            continue
        found.seen.add(mark)
        policy = read(sample).policy
        if sample.error is None and policy not in ("sale", "single"):
            others[policy or str(header.eval.solver or "the default solver")] += 1
            continue
        fault = _take(sample, policy, header, found)
        if fault is None:
            used += 1
        else:
            found.left_out.setdefault(fault, []).append(f"{sample.id} epoch {sample.epoch}")
    if header.status != "success":
        found.notes.append(f"Log {file} is not finished (status {header.status}); {used} of its samples are used.")
    for policy, count in others.items():
        found.notes.append(
            f"{count} samples of {policy} in log {file} are neither SALE's nor a single agent's; not used."
        )


def _samples(name: str) -> Iterator[EvalSample]:
    return with_stores(read_eval_log_samples(name, all_samples_required=False, exclude_fields=_UNUSED_FIELDS), name)


def _take(sample: EvalSample, policy: str, header: EvalLog, found: Runs) -> str | None:
    """Keep what the sample says, or say why not."""
    if sample.error is not None:
        return f"error: {sample.error.message.splitlines()[0][:80]}"
    verdict = solved(sample.scores or {})
    if verdict is None:
        return "not scored"
    entries = read(sample).entries or ()
    execute_usd = sum(entry.usd for entry in entries if entry.phase == "execute")
    key = _key(sample)
    where = f"sample {sample.id} epoch {sample.epoch} of log {header.location}"
    if policy == "single":
        agent, pool = read(sample).agent, read(sample).pool
        found.alone[key].append(Alone(agent=agent, pool=pool, correct=float(verdict), usd=execute_usd, where=where))
        found.ids[key] = str(sample.id)
        return None
    record = read(sample).auction
    if record is None:
        return "no auction's record"
    found.ids[key] = str(sample.id)
    found.held.append(
        HeldAuction(
            key=key,
            record=record,
            correct=float(verdict),
            execute_usd=execute_usd,
            overhead_usd=sum(entry.usd for entry in entries if entry.phase in AUCTION_PHASES),
            where=where,
        )
    )
    return None


def _key(sample: EvalSample) -> str:
    given = sample.input
    text = given if isinstance(given, str) else "\n".join(f"{message.role}: {message.text}" for message in given)
    digest = hashlib.sha256("\n".join([text, *(sample.choices or [])]).encode()).hexdigest()
    return f"{sample.id} {digest[:8]}"


def left_out_notes(found: Runs) -> list[str]:
    """One sentence for each reason why samples cannot be used."""
    return [
        f"{len(names)} samples are left out ({reason}): {named(names)}." for reason, names in found.left_out.items()
    ]


def named(names: Sequence[str]) -> str:
    """The first of the names, and how many more there are."""
    rest = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {rest} more" if rest > 0 else "")
