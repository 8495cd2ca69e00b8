"""A study file with all that is known before anything is paid: its pool, its samples, its steps."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sale_inspect._errors import StudyError
from sale_inspect._inspect.tasks import samples_of, task_place
from sale_inspect._work._train import TrainRequest
from sale_inspect._work.study._division import WHOLE_STUDY, Division, kept_division
from sale_inspect.embedding import twin_groups
from sale_inspect.pools import Pool, load_pool, packaged_pools
from sale_inspect.study import (
    Divided,
    Evaluation,
    StudyFile,
    StudySample,
    StudyStep,
    check_apart,
    check_shards,
    divide,
    evaluations,
    first_by_hash,
    read_study,
    sharded,
    study_steps,
)

__all__ = ["PreparedStudy", "prepare_study"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedStudy:
    """A study, ready to run.

    Attributes:
        file: The study file's path.
        folder: The study's folder: logs, fits, tables, page.
        study: What the file says; tasks in files are named from the folder.
        pool: The pool.
        pool_place: The pool's file, or the name of a packaged pool.
        divided: The samples of each task.
        steps: The steps in order.
        division: Into how many shards it is divided.
    """

    file: Path
    folder: Path
    study: StudyFile
    pool: Pool
    pool_place: str
    divided: tuple[Divided, ...]
    steps: tuple[StudyStep, ...]
    division: Division = WHOLE_STUDY

    @property
    def logs(self) -> str:
        """Where the logs are, from the study's folder."""
        return self.study.logs

    @property
    def task_tokens(self) -> float:
        """Mean tokens of what a sample asks."""
        tokens = [each.tokens for sides in self.divided for each in (*sides.dev, *sides.test)]
        return sum(tokens) / len(tokens)

    def evaluations(self, step: StudyStep, hashes: Mapping[str, str]) -> tuple[Evaluation, ...]:
        """The evaluations of a step, one a shard of a task that has samples on its side."""
        made = evaluations(self.study, step, self.divided, self.pool, hashes)
        shards, study_id = self.division.shards, self.division.study_id
        return tuple(part for whole in made for part in sharded(whole, shards, study_id, self._order(step, whole)))

    def _order(self, step: StudyStep, evaluation: Evaluation) -> Sequence[str | int] | None:
        """The order in which a step's task has the samples, where that is not the dataset's; None where it is.

        Shards are dealt in it, so that each knows the places of its own samples in the whole.
        """
        if self.division.shards == 1 or not step.order:
            return None
        file, at, name = evaluation.task.partition("@")
        place = os.path.normpath(self.folder / file) if file.endswith(".py") else file
        wanted = set(evaluation.sample_ids)
        found = samples_of(f"{place}{at}{name}", evaluation.task_args)
        return [each.id for each in found if each.id in wanted]


def prepare_study(file: Path, folder: Path | None = None, *, shards: int | None = None) -> PreparedStudy:
    """Read a study file, its pool and its tasks, and check all that can be checked before anything is paid.

    Args:
        file: The study file.
        folder: The study's folder; by default the file's path without its suffix.
        shards: Into how many shards it is to be divided; None for as it is.

    Raises:
        StudyError: If the file breaks its schema, a task cannot be made, dev and test are not apart, or the study
            cannot be divided so.
        PoolError: If there is no such pool.
    """
    study = read_study(file)
    target = (folder or file.with_suffix("")).resolve()
    if target == file.resolve():
        raise StudyError(f"Study file {file}: give it a name that ends with .yaml; its folder takes the rest.")
    here = file.resolve().parent
    place = study.pool if study.pool in packaged_pools() else str(here / study.pool)
    pool = load_pool(place)
    if len(pool.agents) < 2:
        raise StudyError(f"Pool {study.pool}: has one agent, so there is nothing to decide. Add another.")
    division = kept_division(target, shards)
    check_shards(study, pool, division.shards)
    divided = _divided(study, here)
    for side in ("dev", "test"):
        if not any(getattr(each, side) for each in divided):
            raise StudyError(f"Study file {file}: there is no {side} sample. See `split`.")
    _require_enough_dev(study, divided)
    tasks = tuple(
        task.model_copy(update={"task": _from_folder(task_place(task.task, here), target)}) for task in study.tasks
    )
    study = study.model_copy(update={"tasks": tasks})
    steps = tuple(study_steps(study, pool.names))
    return PreparedStudy(
        file=file,
        folder=target,
        study=study,
        pool=pool,
        pool_place=place,
        divided=divided,
        steps=steps,
        division=division,
    )


def _require_enough_dev(study: StudyFile, divided: Sequence[Divided]) -> None:
    """Refuse what could not be trained, before dev is paid."""
    texts = {each.digest for sides in divided for each in sides.dev}
    fewest = TrainRequest().outer + 1
    if study.policies.routers and len(texts) < fewest:
        raise StudyError(
            f"{study.name}: {len(texts)} dev samples are too few to train routers, which takes {fewest} with texts of "
            "their own. Nothing was paid. Give more samples or a larger split.dev_share, or leave policies.routers out."
        )


def _from_folder(task: str, folder: Path) -> str:
    """A task's file as the study's folder sees it, so that no log holds a path of a machine."""
    file, at, name = task.partition("@")
    return f"{os.path.relpath(file, folder)}{at}{name}" if Path(file).is_absolute() else task


def _divided(study: StudyFile, here: Path) -> tuple[Divided, ...]:
    divided = []
    for task in study.tasks:
        place, split = task_place(task.task, here), study.split.of(task)
        if study.split.arg is None:
            divided.append(divide(_samples(place, task.args), split, task.task))
            continue
        if study.split.arg in task.args:
            raise StudyError(f"{task.task}: args.{study.split.arg} is what split.arg sets. Leave one of them out.")
        dev, test = (_samples(place, {**task.args, study.split.arg: side}) for side in ("dev", "test"))
        sides = Divided(dev=first_by_hash(dev, split.most_dev), test=first_by_hash(test, split.most_test))
        divided.append(sides)
    check_apart(
        [each for sides in divided for each in sides.dev],
        [each for sides in divided for each in sides.test],
        study.name,
    )
    return tuple(divided)


def _samples(task: str, args: Mapping[str, object]) -> list[StudySample]:
    found = samples_of(task, args)
    groups: dict[int, list[str]] = {}
    leads = twin_groups([each.text for each in found])
    for each, lead in zip(found, leads, strict=True):
        groups.setdefault(lead, []).append(each.digest)
    return [
        StudySample(id=each.id, digest=each.digest, tokens=each.tokens, twins=min(groups[lead]))
        for each, lead in zip(found, leads, strict=True)
    ]
