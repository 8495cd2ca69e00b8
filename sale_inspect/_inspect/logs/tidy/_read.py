"""From logs of any kind to tidy data that can be compared."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from inspect_ai.log import EvalSample, read_eval_log

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs._find import find_logs
from sale_inspect._inspect.logs._outcome_rows import ledger_kept
from sale_inspect._inspect.logs.tidy._files import cached, log_key, read_parts, tidy_places, to_cache
from sale_inspect._inspect.logs.tidy._names import kind_of, policy_of
from sale_inspect._inspect.logs.tidy._rows import Places, bid_rows, log_row, sample_row
from sale_inspect._inspect.logs.tidy._samples import readable, samples_of
from sale_inspect.outcomes import PriceList
from sale_inspect.report.tidy import (
    BID_COLUMNS,
    LOG_COLUMNS,
    SAMPLE_COLUMNS,
    SamplesLeftOut,
    ScreenedTidy,
    Tidy,
    frame,
    screened,
    shortened,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OnLog", "read_tidy"]

OnLog = Callable[[int, int], None]
"""Is told how many logs are read, and how many there are."""

# A process takes seconds to start; below this many bytes it does not pay.
_WORTH_PROCESSES = 16 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """One log's rows. `keep` is False if the log may still grow."""

    tidy: Tidy
    keep: bool


def read_tidy(
    places: Iterable[str],
    *,
    cache: Path | None = None,
    progress: OnLog | None = None,
    screen: Callable[[Tidy], ScreenedTidy] = screened,
    prices: PriceList | None = None,
    processes: int = 1,
    tables: Sequence[Tidy] = (),
) -> ScreenedTidy:
    """Tidy data of logs (SALE's, routers', single agents', other people's) and of earlier reports' Parquet files.

    A log is read sample by sample, without its messages.

    Args:
        places: Log files and folders of them; `samples.parquet`, `bids.parquet` and `logs.parquet` of an earlier
            report, or its folder.
        cache: Folder that keeps each log's rows, by the log's bytes; None to keep nothing.
        progress: Is called after each log.
        screen: What makes of all rows those that can be compared: `screened`, or `screened` with arguments of its own.
        prices: Prices of models whose dollars a log of others does not have.
        processes: Processes that read. More than one need an importable main module.
        tables: Tidy data of tables of outcomes, to compare with the logs.

    Raises:
        LogError: If a place holds no log, a log cannot be read, or logs do not line up.
    """
    sets, others = tidy_places(list(places))
    if not sets and not others and not tables:
        raise LogError("No log is given. Give log files or folders of them.")
    parts: list[Tidy] = list(tables)
    before: list[SamplesLeftOut] = []
    for files in sets:
        made, left_out = read_parts(files)
        parts.append(made)
        before += left_out
    names = list(dict.fromkeys(_path(name) for name in find_logs(others))) if others else []
    for done, made in enumerate(_read_all(names, cache, prices, processes), start=1):
        parts.append(made)
        if progress is not None:
            progress(done, len(names))
    found = shortened(screen(_joined(parts)))
    return replace(found, left_out=(*before, *found.left_out))


def _read_all(names: Sequence[str], cache: Path | None, prices: PriceList | None, processes: int) -> Iterator[Tidy]:
    """The rows of each log, in the order of the names."""
    read = partial(_read_or_cached, cache=cache, prices=prices)
    if processes < 2 or len(names) < 2 or _to_read(names, cache, prices) < _WORTH_PROCESSES:
        yield from map(read, names)
        return
    # Forking a process that has threads, such as a progress display's, may hang.
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawning, initializer=gc.disable) as pool:
        yield from pool.map(read, names)


def _to_read(names: Sequence[str], cache: Path | None, prices: PriceList | None) -> int:
    """Bytes of the logs that the cache does not have."""
    unknown = [Path(name) for name in names if cache is None or not _kept(Path(name), cache, prices)]
    return sum(path.stat().st_size for path in unknown)


def _kept(path: Path, cache: Path, prices: PriceList | None) -> bool:
    return (cache / f"{log_key(path, repr(prices))}.samples.parquet").is_file()


def _read_or_cached(name: str, *, cache: Path | None, prices: PriceList | None) -> Tidy:
    key = ""
    if cache is not None:
        with readable(name):
            key = log_key(Path(name), repr(prices))
        found = cached(cache, key)
        if found is not None:
            return _placed(found, name)
    made = _read(name, prices)
    if cache is not None and made.keep:
        to_cache(cache, key, made.tidy)
    return _placed(made.tidy, name)


def _read(name: str, prices: PriceList | None) -> _Read:
    with readable(name):
        header = read_eval_log(name, header_only=True)
    places = Places(header)
    telling: EvalSample | None = None
    rows: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    for sample in samples_of(name):
        if telling is None and ledger_kept(sample):
            telling = sample
        row = sample_row(sample, header, places, prices)
        rows.append((row, bid_rows(sample, row)))
    # A log has them as they ended, which differs from run to run.
    rows.sort(key=lambda pair: (pair[0]["epoch"], pair[0]["position"], pair[0]["task_id"]))
    samples = [row for row, _ in rows]
    bids = [bid for _, own in rows for bid in own]
    about = log_row(header, samples, telling)
    store = {} if telling is None else telling.store
    shared = {
        "policy": policy_of(header, store),
        "kind": kind_of(header, store),
        "set_hash": about["set_hash"],
    }
    made = Tidy(
        samples=frame([{**row, **shared} for row in samples], SAMPLE_COLUMNS),
        bids=frame([{**row, "policy": shared["policy"]} for row in bids], BID_COLUMNS),
        logs=frame([about], LOG_COLUMNS),
    )
    return _Read(tidy=made, keep=header.status != "started")


def _placed(tidy: Tidy, name: str) -> Tidy:
    """The rows with the name and path of the log, which are not the log's content."""
    path = _shown(name)
    placed = {"log": Path(name).name, "log_path": path}
    return Tidy(
        samples=_with(tidy.samples, placed),
        bids=_with(tidy.bids, {"log_path": path}),
        logs=_with(tidy.logs, placed),
    )


def _with(made: pd.DataFrame, values: dict[str, str]) -> pd.DataFrame:
    import pandas as pd

    return made.assign(**{name: pd.Series(value, index=made.index, dtype="str") for name, value in values.items()})


def _path(name: str) -> str:
    """A local file's path, also where Inspect says a URL."""
    return unquote(urlparse(name).path) if name.startswith("file://") else name


def _shown(name: str) -> str:
    path = Path(name).resolve()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _joined(parts: Sequence[Tidy]) -> Tidy:
    import pandas as pd

    columns = {"samples": SAMPLE_COLUMNS, "bids": BID_COLUMNS, "logs": LOG_COLUMNS}
    joined = {
        name: frame(pd.concat([getattr(part, name) for part in parts], ignore_index=True), own)
        for name, own in columns.items()
    }
    return Tidy(**joined)
