"""Logs of the shards of one run are one run: the set of its tasks is that of all of them, and so is its order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sale_inspect.runs._differences import set_hash
from sale_inspect.runs._facts import LogFacts
from sale_inspect.shards import joined_run, shard_of

__all__ = ["joined"]


def joined(logs: Sequence[LogFacts]) -> list[LogFacts]:
    """The logs; those of shards know the whole that they are parts of.

    A shard that two processes did, each unaware of the other, has two logs of different ids. They are attempts at the
    same samples, as a log and its retry are: the run's id and the shard's number say so, not Inspect's id of the call.
    """
    planned: dict[str, set[str]] = defaultdict(set)
    for log in logs:
        if run := joined_run(log.head.metadata):
            planned[run] |= {*(log.head.sample_ids or [sample.sample_id for sample in log.samples])}
    # Once a run: it has as many logs as shards.
    hashes: dict[str, str] = {}
    made = []
    for log in logs:
        run, shard = joined_run(log.head.metadata), shard_of(log.head.metadata)
        if not run:
            made.append(log)
            continue
        if run not in hashes:
            hashes[run] = set_hash(replace(log.head, sample_ids=tuple(planned[run]), set_hash=""), ())
        head = replace(log.head, set_hash=hashes[run], eval_task_id=f"{run} {shard}")
        made.append(LogFacts(head=head, samples=log.samples))
    return made
