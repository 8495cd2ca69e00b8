"""From runs to the recorded samples that a forecast rests on."""

from __future__ import annotations

from sale_inspect._errors import LogError
from sale_inspect.forecast import RecordedSample
from sale_inspect.runs._assemble import Runs
from sale_inspect.runs._rows import source_of

__all__ = ["recorded_samples"]


def recorded_samples(runs: Runs) -> dict[str, list[RecordedSample]]:
    """Finished samples with recorded calls, by policy.

    Raises:
        LogError: If there is none.
    """
    recorded: dict[str, list[RecordedSample]] = {}
    for run in runs.runs:
        if run.entries:
            recorded.setdefault(run.policy, []).append(
                RecordedSample(
                    task=run.task, group=source_of(run), entries=run.entries, seconds=run.sample.seconds or 0.0
                )
            )
    if not recorded:
        raise LogError("No finished sample in these logs has a recorded model call. Give logs of models at work.")
    return recorded
