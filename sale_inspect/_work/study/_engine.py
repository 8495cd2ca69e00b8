"""A study on an engine with many machines: its shards are run there, and fitted and joined here."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from sale_inspect._errors import StudyError
from sale_inspect._work.study._at_work import begun_study
from sale_inspect._work.study._barrier import missing_shards, require_all_shards
from sale_inspect._work.study._division import kept_division
from sale_inspect._work.study._fitting import frozen_hashes
from sale_inspect._work.study._locks import held, lock_file
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect._work.study._purse_file import kept_ended, kept_spent
from sale_inspect._work.study._ray import Cluster, on_ray
from sale_inspect._work.study._run import StudyResult, end_of_study
from sale_inspect._work.study._shard import fit_when_all_are_done
from sale_inspect._work.study._telling import Tell, money, span
from sale_inspect.shards import Shard
from sale_inspect.study import StudySide, check_shards

__all__ = ["run_study_on_ray"]

_TELL_EVERY = 60.0
_NAMED = 3


def run_study_on_ray(
    prepared: PreparedStudy,
    address: str,
    *,
    shards: int | None = None,
    tell: Tell = lambda _: None,
    processes: int = 1,
) -> StudyResult:
    """Run all that is left of a study on a Ray.

    The shards do dev there; this process fits and freezes; the shards do test; this process joins their logs.

    Args:
        prepared: The study.
        address: `local`, `auto`, or HOST:PORT of the head of a Ray.
        shards: Into how many shards it is divided; None for as many as it is, or as there are CPUs.
        tell: Is told in lines what happens.
        processes: Processes that read logs.

    Raises:
        StudyError: If no Ray answers, a machine cannot run the study, or a shard cannot be finished. What is finished
            stays; run the same command again.
    """
    began = time.monotonic()
    known = shards or (prepared.division.shards if prepared.division.study_id else None)
    with ExitStack() as stack:
        cluster = stack.enter_context(on_ray(address, shards=known))
        division = kept_division(prepared.folder, known or max(2, min(cluster.cpus, prepared.study.max_samples)))
        if division.shards == 1:
            raise StudyError("One shard is one process: leave --ray out, or give --shards 2 or more.")
        check_shards(prepared.study, prepared.pool, division.shards)
        if not cluster.cpus:
            raise StudyError(f"Ray at {address}: has no CPU for tasks. Start a machine that has. Nothing was paid.")
        if any(step.shares_memory for step in prepared.steps) and cluster.cpus < division.shards:
            raise StudyError(
                f"Ray at {address}: has {cluster.cpus} CPUs for {division.shards} shards, which look at each other's "
                "auctions and must be at work side by side. Nothing was paid. Take fewer shards, or start machines."
            )
        prepared, forecast = begun_study(replace(prepared, division=division), tell)
        stack.enter_context(held(lock_file(prepared.folder, "driver"), "This study"))
        cluster.check_machines(prepared.folder, prepared.division)
        tell(
            f"{prepared.division.shards} shards on {len(cluster.machines)} machines with {cluster.cpus} CPUs. What "
            f"each says is in {prepared.folder / 'shards'}."
        )
        at_work = _OnCluster(prepared, cluster, tell, began)
        if not (prepared.folder / "frozen.json").exists():
            at_work.side("dev", {})
            fit_when_all_are_done(prepared, tell=tell)
        at_work.side("test", frozen_hashes(prepared))
    return end_of_study(prepared, forecast, tell=tell, began=began, processes=processes)


class _OnCluster:
    """The shards of a study at work on a cluster."""

    def __init__(self, prepared: PreparedStudy, cluster: Cluster, tell: Tell, began: float) -> None:
        self._prepared, self._cluster, self._tell, self._began = prepared, cluster, tell, began
        self._told = began
        self._failed: dict[Shard, str] = {}
        self._side: StudySide = "dev"

    def side(self, side: StudySide, hashes: Mapping[str, str]) -> None:
        """Run a side of all shards that have not done it."""
        self._side = side
        missing = missing_shards(self._prepared, side, hashes)
        folder = self._prepared.folder
        commands = [
            (shard, self._words(shard, side), folder / "shards" / f"said-{shard.name}.txt") for shard in sorted(missing)
        ]
        if commands:
            self._cluster.run(commands, self._ended, self._look)
        if self._failed:
            shard, reason = next(iter(self._failed.items()))
            others = f" So did {len(self._failed) - 1} others." if len(self._failed) > 1 else ""
            raise StudyError(f"Shard {shard} could not do {side}: {reason}{others}")
        require_all_shards(self._prepared, side, hashes)

    def _words(self, shard: Shard, side: StudySide) -> list[str]:
        file, folder = self._prepared.file.resolve(), self._prepared.folder
        return ["study", "run", str(file), "--out", str(folder), "--shard", str(shard), "--side", side]

    def _ended(self, shard: Shard, code: int, said: str) -> None:
        if code:
            self._failed[shard] = _reason(said)
        self._tell(f"Shard {shard} {'could not do' if code else 'has done'} {self._side}{self._sum()}.")

    def _look(self, standing: str) -> None:
        if time.monotonic() - self._told >= _TELL_EVERY:
            self._told = time.monotonic()
            self._tell(f"{self._side}: {standing}{self._sum()}.")

    def _sum(self) -> str:
        folder, shards = self._prepared.folder, self._prepared.division.shards
        ended = kept_ended(folder, shards)
        return f"; {ended} runs, {money(kept_spent(folder, shards))}, {span(time.monotonic() - self._began)}"


def _reason(said: str) -> str:
    """What a command said at its end: the lines of its error."""
    lines = [line.strip() for line in said.strip().splitlines()]
    error = next((place for place in reversed(range(len(lines))) if lines[place].startswith("Error:")), None)
    kept = lines[error:] if error is not None else lines[-_NAMED:]
    return " ".join(kept).removeprefix("Error: ") or f"it said nothing ({sys.executable})"
