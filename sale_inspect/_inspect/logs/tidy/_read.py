"""From logs of any kind, and from earlier reports, to tidy data that can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs._read import OnLog, read_facts
from sale_inspect._inspect.logs.tidy._files import read_parts, tidy_places
from sale_inspect._machines import Engine
from sale_inspect.report.tidy import ScreenedTidy, Tidy, compared, shortened
from sale_inspect.runs import LogFacts, ReadOptions

__all__ = ["read_tidy"]


def read_tidy(
    places: Iterable[str],
    options: ReadOptions | None = None,
    *,
    cache: bool = True,
    progress: OnLog | None = None,
    engine: Engine | None = None,
    tables: Sequence[Tidy] = (),
) -> ScreenedTidy:
    """Tidy data of logs (SALE's, routers', single agents', other people's) and of earlier reports' Parquet files.

    Args:
        places: Log files and folders of them; `samples.parquet`, `bids.parquet` and `logs.parquet` of an earlier
            report, or its folder.
        options: How logs are read; by default a run without a human time, among others with one, is a fault.
        cache: Whether to use, and to keep, what each log says.
        progress: Is called after each log.
        engine: Where logs are read; None for this process.
        tables: Tidy data of tables of outcomes, to compare with the logs.

    Raises:
        LogError: If a place holds no log, a log cannot be read, or logs do not line up.
        UnpricedAgentError: If a model has tokens but no dollars.
    """
    sets, others = tidy_places(list(places))
    if not sets and not others and not tables:
        raise LogError("No log is given. Give log files or folders of them.")
    parts = [read_parts(files) for files in sets]
    facts: list[LogFacts] = []
    notes: list[str] = []
    if others:
        facts, notes = read_facts(others, on_log=progress, cache=cache, engine=engine)
    found = shortened(
        compared(facts, [*tables, *(part.tidy for part in parts)], options or ReadOptions(need_tau=True), notes)
    )
    return replace(
        found,
        left_out=(*(left for part in parts for left in part.left_out), *found.left_out),
        # An earlier report's sentences hold of it still; what is true of all now is said once.
        notes=tuple(dict.fromkeys([*(note for part in parts for note in part.notes), *found.notes])),
        health=(*(sentence for part in parts for sentence in part.health), *found.health),
    )
