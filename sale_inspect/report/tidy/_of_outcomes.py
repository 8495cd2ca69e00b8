"""From a table of outcomes to tidy data, so that a report can be made without logs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect.outcomes import OutcomeTable, text_hash
from sale_inspect.report.tidy._tables import BID_COLUMNS, LOG_COLUMNS, SAMPLE_COLUMNS, Tidy, TidyColumn, frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["tidy_of_outcomes"]

_SALE = "SALE"
_PHASES = ("bid", "jury", "refine")


def tidy_of_outcomes(table: OutcomeTable, place: str) -> tuple[Tidy, tuple[str, ...]]:
    """The samples and logs of a table: an agent's rows are its runs alone, a policy's are the policy's.

    A table has no auctions, so there are no bids, and what a policy spent before execution is one sum: it stands
    where a log's first bids do. Human times that are not above 0 are taken as not known.

    Args:
        table: The table.
        place: Path of its file.

    Returns:
        The tidy data, with one log for all rows of an agent or policy that came from one file; and what a reader must
        know of it.
    """
    who = table.who()
    names = np.array([f"{name} alone" if kind == "agent" else name for kind, name in who.names], dtype=object)
    kinds = np.array(
        [
            "single" if kind == "agent" else "sale" if name.split(",")[0] == _SALE else "router"
            for kind, name in who.names
        ],
        dtype=object,
    )
    solo = (kinds == "single")[who.codes]
    logs, log_names = table.text("log")
    runs = who.codes * len(log_names) + logs
    texts, task_texts = table.text("text")
    tau, dollars, tokens = table.numbers("tau"), table.numbers("dollars"), table.numbers("tokens")
    before = np.where(solo, 0.0, table.numbers("overhead_usd"))
    seeds = table.numbers("order_seed")
    columns: dict[str, Any] = {
        "log": _texts(table, "log"),
        "log_path": np.array([f"{place}#{run}" for run in range(len(who.names) * len(log_names))], dtype=object)[runs],
        "policy": names[who.codes],
        "kind": kinds[who.codes],
        "task_id": _texts(table, "task"),
        "epoch": table.numbers("epoch").astype(np.int64),
        "order_seed": np.where(np.isnan(seeds), -1, seeds).astype(np.int64),
        "position": np.full(len(table), -1, dtype=np.int64),
        "uuid": _texts(table, "sample_uuid"),
        "task_text_hash": np.array([text_hash(text) for text in task_texts], dtype=object)[texts],
        "set_hash": np.full(len(table), _set_hash(table), dtype=object),
        "task": _texts(table, "task_name"),
        "task_version": _texts(table, "task_version"),
        "source": _texts(table, "source"),
        "bin": _texts(table, "bin"),
        "tau": np.where(tau > 0, tau, np.nan),
        "tau_form": _texts(table, "tau_form"),
        "tau_low": table.numbers("tau_low"),
        "tau_high": table.numbers("tau_high"),
        "correct": table.numbers("correct"),
        "usd": dollars,
        "usd_bid": before,
        "usd_execute": dollars - before,
        "tokens": tokens,
        "tokens_execute": np.where(solo, tokens, np.nan),
        "seconds": table.numbers("seconds"),
        "agent": np.where(solo, _texts(table, "agent"), _texts(table, "winner")),
        "pool": _texts(table, "pool"),
        "simulated": table.columns.column("simulated").to_numpy().astype(bool),
    }
    columns |= {f"usd_{phase}": np.zeros(len(table)) for phase in _PHASES[1:]}
    columns |= {f"tokens_{phase}": np.where(solo, 0.0, np.nan) for phase in _PHASES}
    samples = frame(_whole(columns, SAMPLE_COLUMNS, len(table)), SAMPLE_COLUMNS)
    made = Tidy(samples=samples, bids=frame([], BID_COLUMNS), logs=_logs(samples))
    return made, tuple(_notes(table, solo, before))


def _texts(table: OutcomeTable, name: str) -> NDArray[np.object_]:
    codes, values = table.text(name)
    made: NDArray[np.object_] = np.array(values, dtype=object)[codes]
    return made


def _whole(columns: Mapping[str, Any], wanted: Mapping[str, TidyColumn], rows: int) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: columns.get(name, [column.default] * rows) for name, column in wanted.items()})


def _set_hash(table: OutcomeTable) -> str:
    codes, ids = table.text("task")
    tasks = sorted(ids[code] for code in np.unique(codes).tolist())
    return hashlib.sha256("\n".join(tasks).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _logs(samples: pd.DataFrame) -> pd.DataFrame:
    shared = ("log", "policy", "kind", "task", "task_version", "set_hash", "pool", "order_seed")
    rows = []
    for path, own in samples.groupby("log_path", sort=False):
        first = own.iloc[0]
        rows.append(
            {
                **{name: first[name] for name in shared},
                "log_path": path,
                "status": "success",
                "simulated": bool(own["simulated"].any()),
                "samples": len(own),
                "scored": len(own),
                "epochs": int(own["epoch"].nunique()),
                "prices": "{}",
                "coverage": "{}",
                "options": "{}",
            }
        )
    return frame(rows, LOG_COLUMNS)


def _notes(table: OutcomeTable, solo: NDArray[np.bool_], before: NDArray[np.float64]) -> list[str]:
    notes = list(table.notes)
    estimated = int((_texts(table, "basis") == "estimated").sum())
    if estimated:
        notes.append(
            f"Dollars of {estimated} of {len(table)} runs are estimated from lengths and prices, not recorded."
        )
    if not solo.all():
        notes.append(
            "A table of outcomes has no auctions: what a policy spent before execution is one sum, shown as bids, and "
            "there is nothing on plans and ratings."
        )
    timed = table.numbers("tau") > 0
    unstated = int((timed & (_texts(table, "tau_form") == "")).sum())
    if unstated:
        notes.append(
            f"How well human times are known is not stated for {unstated} of {len(table)} runs: they are taken as "
            "certain."
        )
    unknown = int(np.isnan(before).sum())
    if unknown:
        notes.append(f"What policies spent before execution is not known for {unknown} runs.")
    return notes
