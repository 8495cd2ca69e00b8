"""What does not line up in tidy data: named with counts, and left out only when the user says so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sale_inspect._errors import LogError
from sale_inspect.report.tidy._log_texts import other_pools, other_prices, other_sets, other_versions, unfinished
from sale_inspect.report.tidy._tables import SamplesLeftOut, Tidy

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EXCLUDABLE", "ScreenedTidy", "screened"]

_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ScreenedTidy:
    """Tidy data that can be compared, and what is not in it.

    Attributes:
        tidy: The data.
        left_out: What was left out of it.
        notes: What a reader must know of it, one sentence each.
    """

    tidy: Tidy
    left_out: tuple[SamplesLeftOut, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """A kind of fault: how it is called, and the samples and logs that have it."""

    said: str
    samples: Callable[[Tidy], pd.Series[bool]] | None = None
    logs: Callable[[Tidy], dict[str, str]] | None = None


def _errors(tidy: Tidy) -> pd.Series[bool]:
    return tidy.samples["error"] != ""


def _unscored(tidy: Tidy) -> pd.Series[bool]:
    return tidy.samples["correct"].isna() & (tidy.samples["error"] == "")


def _unpriced(tidy: Tidy) -> pd.Series[bool]:
    """Samples whose dollars nobody knows. Those that failed before their first call are the errors'."""
    return tidy.samples["usd"].isna() & ~_errors(tidy)


def _no_tau(tidy: Tidy) -> pd.Series[bool]:
    """Samples without a human time, among others with one."""
    missing = tidy.samples["tau"].isna()
    return missing & (not bool(missing.all()))


def _other_texts(tidy: Tidy) -> pd.Series[bool]:
    """All samples of a task whose id has several texts."""
    samples = tidy.samples
    known = samples[samples["task_text_hash"] != ""]
    texts = known.groupby(["task", "task_id"])["task_text_hash"].nunique()
    return _among(tidy, texts[texts > 1].index)


_KINDS = {
    "errors": _Kind(said="ended with an error", samples=_errors),
    "unscored": _Kind(said="have no score", samples=_unscored),
    "unpriced": _Kind(
        said="have no dollars: their model's price is not known, or no call is recorded", samples=_unpriced
    ),
    "unfinished": _Kind(said="are not finished", logs=unfinished),
    "other-pools": _Kind(said="are of another pool", logs=other_pools),
    "other-prices": _Kind(said="have other prices", logs=other_prices),
    "other-versions": _Kind(said="are of another version of their task", logs=other_versions),
    "other-sets": _Kind(said="are of another set of tasks", logs=other_sets),
    "other-texts": _Kind(said="are of tasks whose id has several texts", samples=_other_texts),
    "no-tau": _Kind(said="have no human time, though others have one", samples=_no_tau),
}

EXCLUDABLE = tuple(_KINDS)
"""What `exclude` can name."""

# What comparing the tasks that all policies have in common makes up for.
_BY_COMMON_TASKS = {"unfinished", "other-sets"}


def screened(
    tidy: Tidy, *, exclude: Collection[str] = (), keep: Collection[str] = (), common_tasks: bool = False
) -> ScreenedTidy:
    """Tidy data without duplicates, in which nothing is unlike unless the user said what to do with it.

    A sample that several logs hold counts once, and one that was tried again (`inspect eval-retry`) counts as the
    last log has it. Everything else that does not line up is an error that lists it all.

    Args:
        tidy: The data of all logs.
        exclude: What to leave out, of `EXCLUDABLE`.
        keep: What to keep although it is unlike: `no-tau`.
        common_tasks: Compare on the tasks that every policy has; sets may then differ and runs be unfinished.

    Raises:
        LogError: If something does not line up, nothing is left, or a name is unknown.
    """
    wrong = sorted({*exclude} - {*_KINDS}) + sorted({*keep} - {"no-tau"})
    if wrong:
        raise LogError(f"Cannot leave out {', '.join(wrong)}. There are: {', '.join(EXCLUDABLE)} (to keep: no-tau).")
    tidy, left_out = _once(tidy)
    faults: list[str] = []
    for name, kind in _KINDS.items():
        if name in keep or (common_tasks and name in _BY_COMMON_TASKS):
            continue
        tidy, found = _screen(tidy, name, kind, name in exclude, faults)
        left_out += found
    if faults:
        raise LogError(_told(faults, exclude))
    if common_tasks:
        tidy, found = _in_common(tidy)
        left_out += found
    if tidy.samples.empty:
        raise LogError(f"No sample is left to report. Left out: {_summed(left_out)}.")
    return ScreenedTidy(tidy=tidy, left_out=tuple(left_out), notes=tuple(_notes(tidy)))


def _screen(
    tidy: Tidy, name: str, kind: _Kind, excluded: bool, faults: list[str]
) -> tuple[Tidy, list[SamplesLeftOut]]:  # fmt: skip
    """Leave out what has the fault, or name it."""
    if kind.samples is not None:
        bad = kind.samples(tidy)
        found = _counted(tidy.samples[bad], _reason(name, kind))
        what = "samples"
        kept = _keep(tidy, ~bad) if excluded else tidy
    else:
        unlike = kind.logs(tidy) if kind.logs is not None else {}
        found = _counted_logs(tidy, unlike)
        what = "logs"
        kept = _without_logs(tidy, unlike) if excluded else tidy
    if excluded or not found:
        return kept, found
    count = sum(each.count for each in found) if what == "samples" else len(found)
    faults.append(f"{count} {what} {kind.said} ({_named(found, what)}): --exclude {name}")
    return tidy, []


def _reason(name: str, kind: _Kind) -> str:
    return f"{name}: {kind.said}"


def _once(tidy: Tidy) -> tuple[Tidy, list[SamplesLeftOut]]:
    """Each run of a sample once, as the last log has it."""
    import pandas as pd

    logs = tidy.logs.drop_duplicates("log_path").set_index("log_path")
    samples = tidy.samples.drop_duplicates(["log_path", "uuid", "task_id", "epoch"])
    created = samples["log_path"].map(logs["created"])
    retried = samples["log_path"].map(logs["eval_task_id"])
    ordered = samples.assign(_created=created, _retried=retried).sort_values("_created", kind="stable")
    same = (ordered["uuid"] != "") & ordered.duplicated("uuid", keep="last")
    again = (ordered["_retried"] != "") & ordered.duplicated(["_retried", "task_id", "epoch"], keep="last") & ~same
    found = _counted(ordered[same], "duplicate: a later log holds the same run")
    found += _counted(ordered[again], "retried: a later log tried it again")
    kept = samples.loc[~(same | again).reindex(samples.index)]
    bids = tidy.bids.drop_duplicates(["log_path", "uuid", "auction", "agent", "refined"])
    pairs = pd.MultiIndex.from_frame(kept[["log_path", "uuid"]])
    bids = bids[pd.MultiIndex.from_frame(bids[["log_path", "uuid"]]).isin(pairs)]
    made = Tidy(samples=_fresh(kept), bids=_fresh(bids), logs=_fresh(logs.reset_index()[tidy.logs.columns]))
    return made, found


def _fresh(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(drop=True)


def _keep(tidy: Tidy, kept: pd.Series[bool]) -> Tidy:
    import pandas as pd

    samples = _fresh(tidy.samples[kept])
    pairs = pd.MultiIndex.from_frame(samples[["log_path", "uuid"]])
    bids = tidy.bids[pd.MultiIndex.from_frame(tidy.bids[["log_path", "uuid"]]).isin(pairs)]
    return Tidy(samples=samples, bids=_fresh(bids), logs=tidy.logs)


def _without_logs(tidy: Tidy, paths: Collection[str]) -> Tidy:
    kept = _keep(tidy, ~tidy.samples["log_path"].isin(list(paths)))
    return Tidy(
        samples=kept.samples, bids=kept.bids, logs=_fresh(tidy.logs[~tidy.logs["log_path"].isin(list(paths))])
    )  # fmt: skip


def _among(tidy: Tidy, tasks: pd.Index[Any]) -> pd.Series[bool]:
    """Whether a sample is of one of these (task, task_id)."""
    import pandas as pd

    own = pd.MultiIndex.from_frame(tidy.samples[["task", "task_id"]])
    return pd.Series(own.isin(tasks), index=tidy.samples.index, dtype=bool)


def _in_common(tidy: Tidy) -> tuple[Tidy, list[SamplesLeftOut]]:
    scored = tidy.samples[tidy.samples["correct"].notna()]
    done = scored.groupby(["task", "task_id"])["policy"].nunique()
    common = done[done == scored["policy"].nunique()].index
    kept = _among(tidy, common)
    return _keep(tidy, kept), _counted(tidy.samples[~kept], "not in common: not every policy has the task")


def _counted(samples: pd.DataFrame, reason: str) -> list[SamplesLeftOut]:
    return [
        SamplesLeftOut(reason=reason, log=str(log), count=len(own), examples=tuple(_examples(own)))
        for log, own in samples.groupby("log", sort=True)
    ]


def _examples(samples: pd.DataFrame) -> Iterator[str]:
    for task, epoch, error in samples[["task_id", "epoch", "error"]].head(_EXAMPLES).itertuples(index=False):
        yield f"{task} epoch {epoch}" + (f" ({error})" if error else "")


def _counted_logs(tidy: Tidy, why: dict[str, str]) -> list[SamplesLeftOut]:
    names = dict(zip(tidy.logs["log_path"], tidy.logs["log"], strict=True))
    held = tidy.samples.groupby("log_path").size()
    return [
        SamplesLeftOut(reason=reason, log=str(names[path]), count=int(held.get(path, 0)))
        for path, reason in why.items()
    ]  # fmt: skip


def _named(found: Sequence[SamplesLeftOut], what: str) -> str:
    shown = found[:_EXAMPLES]
    if what == "samples":
        said = [f"{each.log}: {each.count}, for instance {each.examples[0]}" for each in shown]
    else:
        said = [f"{each.log}: {each.reason}" for each in shown]
    more = len(found) - len(shown)
    return "; ".join(said) + (f"; and {more} more logs" if more else "")


def _told(faults: Sequence[str], exclude: Collection[str]) -> str:
    flags = [fault.rsplit(" ", 1)[1] for fault in faults]
    lines = "\n".join(f"- {fault}" for fault in faults)
    common = "\nOr compare on what all policies have: --common-tasks" if {*flags} & _BY_COMMON_TASKS else ""
    kept = "\nOr keep tasks without a human time, which are then in no horizon: --keep no-tau" * ("no-tau" in flags)
    return (
        f"The logs do not line up:\n{lines}\nTo leave all of this out: --exclude "
        f"{','.join(dict.fromkeys([*exclude, *flags]))}{common}{kept}"
    )


def _summed(left_out: Sequence[SamplesLeftOut]) -> str:
    return "; ".join(f"{each.log}: {each.count} ({each.reason})" for each in left_out) or "nothing"


def _notes(tidy: Tidy) -> Iterator[str]:
    missing = int(tidy.samples["tau"].isna().sum())
    if missing:
        yield f"{missing} of {len(tidy.samples)} samples are of tasks without a human time: they are in no horizon."
    uncounted = int(tidy.samples["uncounted"].sum())
    if uncounted:
        yield f"The tokens of {uncounted} model calls are not known: their dollars, if any, are in no figure."
    if tidy.samples["simulated"].nunique() > 1:
        yield "Some agents are simulated and some are not: do not compare them with each other."
