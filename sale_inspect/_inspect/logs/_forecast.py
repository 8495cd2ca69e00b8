"""From evaluation logs to the recorded samples that a forecast rests on."""

from __future__ import annotations

from collections.abc import Iterable

from inspect_ai.log import read_eval_log, read_eval_log_samples

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs._find import find_logs, policy_of
from sale_inspect._inspect.store import read, with_stores
from sale_inspect.forecast import RecordedSample

__all__ = ["recorded_samples"]

_UNUSED_FIELDS = {"events", "messages", "attachments"}


def recorded_samples(places: Iterable[str]) -> dict[str, list[RecordedSample]]:
    """Finished samples with a ledger, by policy; a sample that was retried counts once.

    Raises:
        LogError: If no log has one.
    """
    found: dict[str, list[RecordedSample]] = {}
    seen: set[str] = set()
    for name in find_logs(places):
        header = read_eval_log(name, header_only=True)
        samples = read_eval_log_samples(name, all_samples_required=False, exclude_fields=_UNUSED_FIELDS)
        for sample in with_stores(samples, name):
            entries = read(sample).entries
            if sample.error is not None or not entries or (sample.uuid or "") in seen:
                continue
            seen.add(sample.uuid or "")
            found.setdefault(policy_of(header, sample), []).append(
                RecordedSample(
                    task=str(sample.id),
                    group=str((sample.metadata or {}).get("source", "")),
                    entries=tuple(entries),
                    seconds=float(sample.working_time or sample.total_time or 0.0),
                )
            )
    if not found:
        raise LogError("No finished sample of sale, single or routed in these logs. Give logs of those solvers.")
    return found
