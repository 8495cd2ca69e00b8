"""What Inspect's hooks tell the memory of a run: where its samples stand, and how they ended."""

from __future__ import annotations

import logging
from functools import cache

from inspect_ai.hooks import (
    BeforeModelGenerate,
    Hooks,
    ModelUsageData,
    RunEnd,
    RunStart,
    SampleAttemptEnd,
    SampleAttemptStart,
    SampleEnd,
    SampleInit,
    SampleScoring,
    TaskEnd,
    TaskStart,
    hooks,
)
from inspect_ai.log import EvalConfig, EvalSample, EvalSpec

from sale_inspect._inspect.auction._memory import RunMemory
from sale_inspect._inspect.auction._places import Places
from sale_inspect._inspect.auction._whole import whole_run
from sale_inspect._inspect.store import SamplePlace, enter_sample, forget_attempts, note_ended, read
from sale_inspect.auction import PastAuction
from sale_inspect.runs import ScoreChoice, parse_score

__all__ = ["SCORE_KEY", "follow_runs", "memory_of", "past_auction", "run_key", "say_at_the_end"]

SCORE_KEY = "sale_score"
"""Key of an evaluation's metadata that names the score which says whether a past auction's task was solved."""

_logger = logging.getLogger(__name__)

_runs: dict[str, RunMemory] = {}
_tasks: dict[str, int] = {}
_samples: dict[str, tuple[str, int, int]] = {}
_specs: dict[str, EvalSpec] = {}


def memory_of(sample_uuid: str) -> tuple[RunMemory, int] | None:
    """The memory of the run that a sample belongs to, and the sample's position in it."""
    place = _samples.get(sample_uuid)
    return None if place is None else (_runs[place[0]], place[2])


def run_key(sample_uuid: str) -> str:
    """What no bidder of a run knows and all its retries share: Inspect's id of the task, drawn at the run's start.

    It stands in the log and in no prompt. A sample that the run does not know has its own id.
    """
    place = memory_of(sample_uuid)
    return sample_uuid if place is None else place[0].key


def say_at_the_end(sample_uuid: str, line: str) -> None:
    """Tell the user one line when the run of a sample has ended."""
    place = memory_of(sample_uuid)
    if place is not None:
        place[0].closing = line


def past_auction(run: RunMemory, sample: EvalSample, epoch: int, position: int) -> PastAuction | None:
    """What others may see of a finished sample's auction; None if it failed, has no outcome or held none or several.

    Where a fit chose without an auction there is no plan to learn from, and only a run that learns from outcomes does.
    """
    records = [
        record
        for record in read(sample).auctions
        if record.held or (record.calibrated is not None and record.calibrated.learnt is not None)
    ]
    # A run without auctions has no use for a score, and no reason to complain of it.
    outcome = run.outcome(sample) if records and sample.error is None else None
    # The outcome of a sample with several auctions is not the outcome of one of them.
    if len(records) != 1 or outcome is None or sample.error is not None:
        return None
    return PastAuction.of(records[0], epoch=epoch, position=position, solved=outcome)


def _stops_on_error(config: EvalConfig) -> bool:
    """Inspect ends a run at its first failing sample unless told otherwise; a share or number may go on."""
    return config.fail_on_error in (None, True) and not config.continue_on_fail and not config.score_on_error


def _at_once(data: TaskStart) -> int:
    """How many tasks of the evaluation may run side by side."""
    allowed = data.spec.config.max_tasks or 1
    # The hooks may be younger than the evaluation: Inspect makes the solver of a command line after the run's start.
    return min(allowed, _tasks.get(data.run_id, allowed))


def _headline(spec: EvalSpec) -> str:
    return "" if spec.headline_metric is None else spec.headline_metric.scorer or ""


def _wanted(spec: EvalSpec) -> tuple[ScoreChoice, ...]:
    chosen = (spec.metadata or {}).get(SCORE_KEY)
    return () if chosen is None else (parse_score(str(chosen)),)


class MemoryHooks(Hooks):
    """Keeps one `RunMemory` for each running evaluation."""

    async def on_run_start(self, data: RunStart) -> None:
        """Note how many tasks the evaluation has."""
        _tasks[data.run_id] = len(data.task_names)

    async def on_run_end(self, data: RunEnd) -> None:
        """Close the memories of tasks that failed or were cancelled: Inspect tells of no end of those."""
        _tasks.pop(data.run_id, None)
        for eval_id in [eval_id for eval_id, run in _runs.items() if run.evaluation == data.run_id]:
            _forget(eval_id, finished=False)

    async def on_task_start(self, data: TaskStart) -> None:
        """Note the order of the run's samples."""
        # An eval set tries a failed task again before its end.
        for eval_id in [eval_id for eval_id, run in _runs.items() if run.key == data.spec.task_id]:
            _forget(eval_id, finished=False)
        whole = whole_run([str(each) for each in data.spec.dataset.sample_ids or []], data.spec.metadata)
        _specs[data.eval_id] = data.spec
        _runs[data.eval_id] = RunMemory(
            places=Places(run=data.spec.task_id, positions=whole.positions),
            joined=whole.key,
            size=whole.size,
            epochs=data.spec.config.epochs or 1,
            misplaced=whole.fault,
            stops_on_error=_stops_on_error(data.spec.config),
            tries_again=bool(data.spec.config.retry_on_error),
            logs_samples=data.spec.config.log_samples is not False,
            evaluation=data.run_id,
            tasks_at_once=_at_once(data),
            scorers=frozenset(scorer.name for scorer in data.spec.scorers or []),
            headline=_headline(data.spec),
            wanted=_wanted(data.spec),
            task=data.spec.task_registry_name or data.spec.task,
            task_arguments=dict(data.spec.task_args_passed or data.spec.task_args),
        )

    async def on_task_end(self, data: TaskEnd) -> None:
        """Close the run's file and forget the run."""
        run = _runs.get(data.eval_id)
        _forget(data.eval_id, finished=data.log.status == "success")
        if run is not None and run.closing and data.log.status == "success":
            _logger.warning("%s", run.closing)

    async def on_sample_init(self, data: SampleInit) -> None:
        """Note that a sample begins."""
        run = _runs.get(data.eval_id)
        position = None if run is None else run.position(data.summary.id)
        if run is not None and position is not None:
            _samples[data.sample_id] = (data.eval_id, data.summary.epoch, position)
            run.places.start((data.summary.epoch, position))

    async def on_sample_attempt_start(self, data: SampleAttemptStart) -> None:
        """Note the sample for agents, who are given a conversation and not a task's state."""
        run, summary = _runs.get(data.eval_id), data.summary
        place = _samples.get(data.sample_id)
        if run is not None and place is not None and data.attempt > 1:
            # An attempt that failed before it began (no sandbox, say) has no end of its own.
            await run.settle(place[1], place[2], summary.id, None)
        enter_sample(
            SamplePlace(
                uuid=data.sample_id,
                epoch=summary.epoch,
                choices=tuple(summary.choices or ()),
                marks_choices=run is not None and "choice" in run.scorers,
                task="" if run is None else run.task,
                task_arguments={} if run is None else run.task_arguments,
                spec=_specs.get(data.eval_id),
            )
        )

    async def on_sample_attempt_end(self, data: SampleAttemptEnd) -> None:
        """Settle a sample whose first attempt failed, so that nobody waits for its retry."""
        place = _samples.get(data.sample_id)
        if place is not None and data.will_retry:
            await _runs[place[0]].settle(place[1], place[2], data.summary.id, None)

    async def on_sample_end(self, data: SampleEnd) -> None:
        """Settle a sample with its auction and outcome."""
        if data.sample.error is None:
            note_ended()
        place = _samples.get(data.sample_id)
        if place is None:
            return
        forget_attempts(data.sample_id)
        run = _runs[place[0]]
        run.places.end((place[1], place[2]))
        if data.sample.error is not None and run.stops_on_error:
            return
        record = None
        try:
            record = past_auction(run, data.sample, place[1], place[2])
        # A sample that cannot be remembered is settled all the same, and those that wait are told.
        except Exception as error:  # noqa: BLE001
            run.lose(error)
        await run.settle(place[1], place[2], data.sample.id, record)

    async def on_before_model_generate(self, data: BeforeModelGenerate) -> None:
        """A model is called."""
        _note(data.eval_id)

    async def on_model_usage(self, data: ModelUsageData) -> None:
        """A model has replied."""
        _note(data.eval_id)

    async def on_sample_scoring(self, data: SampleScoring) -> None:
        """A sample is scored."""
        _note(data.eval_id)


def _forget(eval_id: str, *, finished: bool) -> None:
    run = _runs.pop(eval_id, None)
    _specs.pop(eval_id, None)
    for uuid in [uuid for uuid, place in _samples.items() if place[0] == eval_id]:
        del _samples[uuid]
    if run is not None and run.kept is not None:
        run.kept.close(finished=finished)


@cache
def follow_runs() -> None:
    """Have Inspect tell the memory of its runs, from now on.

    Called when this package is used, and not when Inspect loads it: Inspect prints the names of all hooks that are
    registered when it starts, also in evaluations that have nothing to do with this package.
    """
    hooks(name="sale_memory", description="Feeds finished auctions to the auction memory of their run.")(MemoryHooks)


def _note(eval_id: str | None) -> None:
    run = _runs.get(eval_id or "")
    if run is not None:
        run.places.activity.note()
