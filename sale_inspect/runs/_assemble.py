"""From what logs say to runs: names, tasks, scores, dollars, and what is left out; each by its one rule."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sale_inspect._errors import LogError
from sale_inspect.outcomes import OnDuplicate, PriceList, clean, named
from sale_inspect.runs._facts import LogFacts, LogHead, SampleFacts
from sale_inspect.runs._health import health_notes, money_notes
from sale_inspect.runs._money import PriceUse, paid_entries, price_dates, why_unpriced
from sale_inspect.runs._once import CUT_OFF, cut_off_notes, once, without_repeats
from sale_inspect.runs._policy import Doer, doers_of, name_policies, named_by
from sale_inspect.runs._run import PolicyRun, SamplesLeftOut
from sale_inspect.runs._score import ScoreChoice, chosen_score, score_of
from sale_inspect.runs._screen import EXCLUDABLE, comparison_notes, counted, finished, screened
from sale_inspect.runs._shards import joined
from sale_inspect.runs._tasks import task_keys

__all__ = ["ReadOptions", "Runs", "assemble"]

_ERROR_SHOWN = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """How logs are read. Every command has these; what it does not need, it leaves at its default.

    Attributes:
        scores: Scores that count, the first that a sample has. Empty: `pass_and_cost`, the headline score, or the only
            one.
        agent_from: What names an agent (see `SOURCES`). Empty: the agent of a pool, or the model.
        policy_from: What tells runs of one policy apart; is added to its name.
        prices: Prices of calls without dollars.
        reprice: Prices of all calls, in place of their dollars.
        on_duplicate: The same policy, task and epoch in two evaluations: see `once`.
        exclude: What to leave out of what does not line up; of `EXCLUDABLE`.
        keep: What to keep although it is unlike.
        common_tasks: Compare on the tasks that every policy has.
        line_up: Whether policies must have the same tasks; a fit of weights, for one, joins them by itself.
        need_tau: A run without a human time, among others with one, is a fault.
    """

    scores: tuple[ScoreChoice, ...] = ()
    agent_from: str = ""
    policy_from: str = ""
    prices: PriceList | None = None
    reprice: PriceList | None = None
    on_duplicate: OnDuplicate = "error"
    exclude: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    common_tasks: bool = False
    line_up: bool = True
    need_tau: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Runs:
    """What logs hold, ready to be compared.

    Attributes:
        runs: Runs with a score that line up, in the order of the logs, oldest first.
        heads: All logs.
        left_out: What was left out.
        notes: What a reader must know of the comparison.
        health: What did not work as meant.
    """

    runs: tuple[PolicyRun, ...]
    heads: tuple[LogHead, ...]
    left_out: tuple[SamplesLeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    health: tuple[str, ...] = ()

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies: auctions first, then in the order of their logs."""
        kinds = {run.policy: run.kind for run in self.runs}
        return tuple(sorted(kinds, key=lambda policy: kinds[policy] != "sale"))

    def of(self, policy: str) -> tuple[PolicyRun, ...]:
        """The runs of a policy."""
        return tuple(run for run in self.runs if run.policy == policy)


Order = tuple[str, str, bool, str, str]


def _orders(runs: Sequence[tuple[LogHead, Sequence[SampleFacts]]]) -> dict[str, Order]:
    """Each log's place in time, by its path.

    Inspect's times of logs are whole seconds. Within one second the last sample's start decides, which is never
    earlier in a retry than in what it retries; then what finished comes after what did not; then ids, so that the
    order in which files are named changes nothing.
    """
    latest: dict[str, str] = {}
    heads: dict[str, LogHead] = {}
    for head, samples in runs:
        heads[head.log_path] = head
        latest[head.log_path] = max([latest.get(head.log_path, ""), *(sample.started for sample in samples)])
    return {
        path: (head.created, latest[path], head.status == "success", head.run, path) for path, head in heads.items()
    }


def assemble(
    logs: Sequence[LogFacts], options: ReadOptions, notes: Sequence[str] = (), more: Sequence[PolicyRun] = ()
) -> Runs:
    """The runs in logs.

    Args:
        logs: What the logs say, in any order.
        options: How to read them.
        notes: What a reader must know already, for instance which files could not be read.
        more: Runs that are named and scored already, for instance of an earlier report.

    Raises:
        LogError: If a choice must be made (which score counts, which runs are one policy), a score is no number from 0
            to 1, logs do not line up, or nothing is left.
        UnpricedAgentError: If a price list has no price for what must be priced.
    """
    # A retry comes after what it retries, whatever folders they lie in.
    order = _orders([*((run.head, [run.sample]) for run in more), *((log.head, log.samples) for log in logs)])
    logs = sorted(joined(logs), key=lambda log: order[log.head.log_path])
    use = PriceUse(prices=options.prices, reprice=options.reprice)
    read, shared = _runs(logs, options, use)
    runs = sorted([*_told_apart(more, logs), *read], key=lambda run: order[run.head.log_path])
    heads = {head.log_path: head for head in (*(run.head for run in more), *(log.head for log in logs))}
    kept, copies = once(runs)
    alike = screened(
        kept,
        sorted(heads.values(), key=lambda head: order[head.log_path]),
        exclude=options.exclude,
        keep=options.keep,
        common_tasks=options.common_tasks,
        only=_kinds(options),
        why={"unpriced": lambda run: why_unpriced(run, options.prices)},
    )
    single, later, repeated = without_repeats(alike.runs, options.on_duplicate)
    scored, unscored = finished(single, paired=options.line_up, common_tasks=options.common_tasks)
    _check_scores(scored, options)
    of_logs = {log.head.log_path for log in logs}
    out = [left for reason, own in {**copies, **later}.items() for left in counted(own, reason)]
    left_out = (*out, *alike.left_out, *unscored)
    return Runs(
        runs=tuple(scored),
        heads=alike.heads,
        left_out=left_out,
        notes=(
            *notes,
            *shared,
            *repeated,
            *cut_off_notes(copies.get(CUT_OFF, ())),
            *comparison_notes(scored, [*alike.left_out, *unscored]),
            *use.notes(),
            *_reprice_notes(scored, options),
        ),
        # What did not work in earlier reports is in them.
        health=(*health_notes([run for run in scored if run.head.log_path in of_logs]), *money_notes(logs)),
    )


def _told_apart(more: Sequence[PolicyRun], logs: Sequence[LogFacts]) -> list[PolicyRun]:
    """Runs of earlier reports, with keys of their tasks that hold beside the logs' tasks."""
    keys = task_keys(_contents(logs, more))
    return [replace(run, task=keys[run.head.task, run.sample.sample_id]) for run in more]


def _contents(logs: Sequence[LogFacts], more: Sequence[PolicyRun] = ()) -> list[tuple[str, str, str]]:
    samples = [(log.head, sample) for log in logs for sample in log.samples] + [(run.head, run.sample) for run in more]
    return [(head.task, sample.sample_id, sample.digest) for head, sample in samples]


def _check_scores(runs: Sequence[PolicyRun], options: ReadOptions) -> None:
    """Refuse to compare what was scored in different ways."""
    if options.scores or not options.line_up:
        return
    names: dict[str, dict[str, str]] = {}
    for run in runs:
        if run.score_name:
            names.setdefault(run.head.task, {}).setdefault(run.score_name, run.head.log)
    for task, logs in names.items():
        if len(logs) > 1:
            told = named([f"{name} ({log})" for name, log in logs.items()])
            raise LogError(f"Task {task} is scored by {told}. Choose one with --score NAME.")


def _kinds(options: ReadOptions) -> Collection[str]:
    if not options.line_up:
        return {"other-texts", "unpriced", *options.exclude}
    unwanted = {"no-tau"} if not options.need_tau and "no-tau" not in options.exclude else set()
    return [name for name in EXCLUDABLE if name not in unwanted]


def _runs(logs: Sequence[LogFacts], options: ReadOptions, use: PriceUse) -> tuple[list[PolicyRun], tuple[str, ...]]:
    doers = doers_of(logs)
    names = name_policies(doers)
    tasks = task_keys(_contents(logs))
    labels = _labels(logs, names.names)
    runs = []
    for log, doer, name in zip(logs, doers, labels, strict=True):
        for sample in log.samples:
            policy, agent = _who(log.head, sample, doer, name, options)
            score, score_name, why = _scored(log.head, sample, options)
            entries = paid_entries(sample, use)
            runs.append(
                PolicyRun(
                    head=log.head,
                    sample=sample,
                    kind=doer.kind,
                    policy=policy,
                    agent_name=agent,
                    task=tasks[log.head.task, sample.sample_id],
                    score=score,
                    score_name=score_name,
                    why=why,
                    entries=entries,
                    price_date=price_dates(sample, entries, use),
                )
            )
    return runs, names.shared


def _labels(logs: Sequence[LogFacts], names: Sequence[str]) -> list[str]:
    """The user's names of folders in place of the policies', or before them where a folder holds several."""
    several: dict[str, set[str]] = {}
    for log, name in zip(logs, names, strict=True):
        several.setdefault(log.head.label, set()).add(name)
    return [
        name
        if not log.head.label
        else log.head.label
        if len(several[log.head.label]) == 1
        else f"{log.head.label} {name}"
        for log, name in zip(logs, names, strict=True)
    ]


def _who(head: LogHead, sample: SampleFacts, doer: Doer, name: str, options: ReadOptions) -> tuple[str, str]:
    """Name of the policy, and of the agent if one ran alone."""
    if doer.kind in ("sale", "router"):
        value = named_by(options.policy_from, "--policy-from", head, sample) if options.policy_from else ""
        return clean(f"{name} ({value})" if value else name), ""
    if options.agent_from:
        agent = clean(named_by(options.agent_from, "--agent-from", head, sample))
        return agent, agent
    if head.label:
        return clean(name), clean(name)
    if doer.kind == "single":
        return clean(name), clean(name.replace(" alone", "", 1))
    if doer.base == "none/none":
        raise LogError(
            f"Log {head.log}: its evaluation had no model, so nothing names the agent. Say what does: --agent-from "
            "solver, task_arg:NAME, solver_arg:NAME or metadata:NAME; or NAME=FOLDER."
        )
    return clean(name), clean(name)


def _scored(head: LogHead, sample: SampleFacts, options: ReadOptions) -> tuple[float, str, str]:
    """The score, which one it is, and why there is none."""
    if sample.invalidated:
        return math.nan, "", "invalidated"
    if sample.error is not None:
        return math.nan, "", f"error: {sample.error[:_ERROR_SHOWN]}"
    choice = chosen_score(sample.scores, options.scores, head.headline, f"Log {head.log}")
    score = score_of(sample.scores, choice, f"Log {head.log}, sample {sample.sample_id}")
    if math.isnan(score):
        return score, "", "not scored"
    return score, "" if choice is None else choice.name, ""


def _reprice_notes(runs: Sequence[PolicyRun], options: ReadOptions) -> list[str]:
    if options.reprice is None:
        return []
    told = [f"All dollars are computed from recorded tokens and the prices of {options.reprice.where}."]
    auctions = sum(len(run.sample.records) for run in runs)
    if auctions:
        told.append(
            f"The {auctions} auctions were decided at the prices of their time; at these prices they might have been "
            "decided otherwise. To decide them again: sale-inspect ablate --reprice."
        )
    return told
