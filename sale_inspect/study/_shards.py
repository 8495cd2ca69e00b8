"""A study divided into shards of samples: what is refused before anything is paid, and the parts of an evaluation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from sale_inspect._errors import StudyError
from sale_inspect.options import SaleOptions, build
from sale_inspect.pools import Pool
from sale_inspect.shards import RUN_KEY, SHARD_KEY, SIZE_KEY, Shard, samples_at_once
from sale_inspect.study._file import SampleId, StudyFile
from sale_inspect.study._plan import Evaluation

__all__ = ["check_shards", "sharded"]


def check_shards(study: StudyFile, pool: Pool, shards: int) -> None:
    """Refuse a number of shards that the study cannot be divided into.

    Args:
        study: The study.
        pool: Its pool.
        shards: How many.

    Raises:
        StudyError: If samples or connections at once cannot be shared out, or an auction's memory is one process's.
    """
    if shards == 1:
        return
    if study.max_samples < shards:
        raise StudyError(
            f"{study.name}: {study.max_samples} samples at once cannot be shared by {shards} shards, so that a "
            f"provider sees one user. Nothing was paid. Raise `max_samples` to {shards} at least, or take fewer shards."
        )
    for agent in pool.agents:
        limit = agent.config.get("max_connections")
        if isinstance(limit, int) and limit < shards:
            raise StudyError(
                f"Agent {agent.name}: {limit} connections at once (`config.max_connections`) cannot be shared by "
                f"{shards} shards. Nothing was paid. Take at most {limit} shards, or raise the limit."
            )
    remembering = [policy.name for policy in study.policies.sale if policy.memory == "run"]
    if remembering:
        raise StudyError(
            f"Policy {remembering[0]}: its auction memory is one process's SQLite file, and {shards} processes cannot "
            "share it. Nothing was paid. Give it `memory: postgresql://HOST/DATABASE`, or `memory: off`, or run the "
            "study in one process."
        )
    for policy in study.policies.sale:
        lag = build(
            SaleOptions, "sale_inspect/sale", (), {k: v for k, v in policy.options.items() if k == "memory_lag"}
        ).memory_lag
        if policy.memory != "off" and not samples_at_once(lag, shards):
            raise StudyError(
                f"Policy {policy.name}: with memory_lag={lag} at most {lag} samples are at work at once, so some of "
                f"{shards} shards would only wait. Nothing was paid. Give it `options: {{memory_lag: "
                f"{max(shards, study.max_samples)}}}`, or take at most {lag} shards."
            )


def sharded(
    evaluation: Evaluation, shards: int, study_id: str, order: Sequence[SampleId] | None = None
) -> tuple[Evaluation, ...]:
    """The parts of an evaluation, each an evaluation with logs of its own; those without a sample are left out.

    Args:
        evaluation: The whole.
        shards: Into how many it is divided; 1 leaves it as it is.
        study_id: What no other study has, so that two studies of equal content are not one.
        order: The order in which its samples are dealt, if that is not theirs in `evaluation`.
    """
    if shards == 1:
        return (evaluation,)
    run = hashlib.sha256(f"{study_id} {evaluation.key}".encode()).hexdigest()[:16]
    ids = evaluation.sample_ids if order is None else tuple(order)
    parts = []
    for shard in (Shard(index, shards) for index in range(shards)):
        if own := shard.members(ids):
            told = {RUN_KEY: run, SHARD_KEY: [shard.index, shard.of], SIZE_KEY: len(ids)}
            parts.append(
                replace(
                    evaluation,
                    folder=f"{evaluation.folder}/shard-{shard.name}",
                    sample_ids=own,
                    metadata={**evaluation.metadata, **told},
                    shard=shard,
                )
            )
    return tuple(parts)
