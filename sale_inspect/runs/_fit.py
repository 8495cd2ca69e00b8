"""From runs to what weights are fitted to, and to auctions that can be decided again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from sale_inspect._errors import LogError
from sale_inspect.auction import AuctionRecord, BidFeatures, first_gammas
from sale_inspect.outcomes import NAMED_AT_MOST, named
from sale_inspect.runs._assemble import Runs
from sale_inspect.runs._run import PolicyRun
from sale_inspect.runs._screen import left_out_notes
from sale_inspect.weights import FitData, FitTask

__all__ = ["AuctionRuns", "auctions_of", "fit_data"]

# Without these the features in the record are not the mechanism's.
_SCORED_TERMS = frozenset({"price", "length", "entropy", "jury"})


@dataclass(frozen=True, kw_only=True, slots=True)
class AuctionRuns:
    """Auctions, and what agents did alone on the same tasks.

    Attributes:
        held: A run of SALE with its auction, one each, in the order of the logs.
        skipped: Runs of SALE in which a calibrated fit chose without an auction, with their records.
        alone: Runs of one agent of a pool, by task.
        notes: What a reader must know: what was left out, what was not used.
    """

    held: tuple[tuple[PolicyRun, AuctionRecord], ...]
    alone: Mapping[str, tuple[PolicyRun, ...]]
    notes: tuple[str, ...]
    skipped: tuple[tuple[PolicyRun, AuctionRecord], ...] = ()

    def alone_means(self, task: str) -> dict[str, tuple[float, float]]:
        """Mean score and mean dollars of each agent's runs of a task."""
        by_agent: dict[str, list[PolicyRun]] = defaultdict(list)
        for run in self.alone.get(task, ()):
            by_agent[run.agent_name].append(run)
        return {
            agent: (fmean(run.score for run in own), fmean(run.usd for run in own)) for agent, own in by_agent.items()
        }


def auctions_of(runs: Runs) -> AuctionRuns:
    """The auctions among runs, and the choices that a calibrated fit made without one.

    Raises:
        LogError: If there is neither.
    """
    held: list[tuple[PolicyRun, AuctionRecord]] = []
    skipped: list[tuple[PolicyRun, AuctionRecord]] = []
    alone: dict[str, list[PolicyRun]] = defaultdict(list)
    others: Counter[tuple[str, str]] = Counter()
    without: list[PolicyRun] = []
    for run in runs.runs:
        if run.kind == "sale" and run.sample.records:
            record = run.sample.records[0]
            (held if record.held else skipped).append((run, record))
        elif run.kind == "single":
            alone[run.task].append(run)
        elif run.kind == "sale":
            without.append(run)
        else:
            others[run.policy, run.head.log] += 1
    notes = [*runs.notes, *left_out_notes(runs.left_out)]
    if without:
        notes.append(
            f"{len(without)} samples of SALE have no auction's record: {named([run.task for run in without])}."
        )
    notes += [
        f"{count} samples of {policy} in log {log} are neither SALE's nor a single agent's; not used."
        for (policy, log), count in others.items()
    ]
    if not held and not skipped:
        raise LogError(
            " ".join(["The logs hold no finished auction. Give logs of the solver sale_inspect/sale.", *notes])
        )
    return AuctionRuns(
        held=tuple(held),
        alone={task: tuple(own) for task, own in alone.items()},
        notes=(*notes, *_unfinished(runs), *runs.health),
        skipped=tuple(skipped),
    )


def _unfinished(runs: Runs) -> Iterator[str]:
    used = Counter(run.head.log_path for run in runs.runs)
    for head in runs.heads:
        if head.status != "success":
            count = used[head.log_path]
            yield f"Log {head.log} is not finished (status {head.status}); {count} of its samples are used."


def fit_data(runs: Runs, *, need_outcomes: bool = False, allow_missing: bool = False) -> FitData:
    """Auctions, joined with every agent's outcomes on the same tasks.

    An agent's outcome on a task is the mean over its runs alone (solver `single`), epochs included, so it need not be 0
    or 1. Where there is no such run, the executions that the agent won in the auctions count; a note says how many,
    because those followed a plan. Each auction of a task (epochs, orders, repeated runs) is an instance of its own.

    Args:
        runs: The runs.
        need_outcomes: Every agent must have an outcome on every task.
        allow_missing: Drop tasks that lack one, with a note, instead of refusing.

    Raises:
        LogError: If there is no auction, auctions differ in pool or variant, or outcomes are missing.
    """
    auctions = auctions_of(runs)
    if not auctions.held:
        raise LogError(
            f"In all {len(auctions.skipped)} samples of SALE a calibrated fit chose without an auction, so there are "
            "no bids. Hold auctions on dev tasks without such a file, or with auction=always."
        )
    first = auctions.held[0]
    for held in auctions.held:
        _check_same(first, held)
    _check_pools(first[1], auctions)
    notes = list(auctions.notes)
    tasks, filled = _tasks(auctions)
    if filled:
        notes.append(f"{filled} outcomes are of executions that the agent won in an auction, for want of a run alone.")
    if auctions.skipped:
        notes.append(
            f"{len(auctions.skipped)} samples of SALE have no bids, for a calibrated fit chose without an auction; "
            "those that are left are no fair sample of tasks. Hold all auctions on dev tasks (auction=always)."
        )
    notes += _variant_notes(auctions)
    record = first[1]
    if need_outcomes:
        tasks, dropped = _complete(tasks, record.agents, allow_missing)
        notes += dropped
    return FitData(
        pool=record.pool,
        agents=record.agents,
        prices=record.prices,
        strategy_tokens=record.strategy_tokens,
        tokenizer=record.tokenizer,
        entropy_kinds=tuple(sorted({each.entropy_kind for _, each in auctions.held})),
        tasks=tuple(tasks),
        simulated=record.simulated,
        notes=tuple(notes),
    )


def _where(run: PolicyRun) -> str:
    return f"sample {run.task} epoch {run.epoch} of log {run.head.log_path}"


def _check_same(first: tuple[PolicyRun, AuctionRecord], other: tuple[PolicyRun, AuctionRecord]) -> None:
    (first_run, one), (other_run, two) = first, other
    terms = sorted(_SCORED_TERMS & set(two.drop))
    if terms:
        raise LogError(
            f"The auction of {_where(other_run)} was held with drop={','.join(terms)}. "
            "Fit weights on auctions of the whole mechanism."
        )
    pairs = {
        "pool": (one.pool, two.pool),
        "agents": (one.agents, two.agents),
        "prices": (one.prices, two.prices),
        "strategy_tokens": (one.strategy_tokens, two.strategy_tokens),
        "tokenizer": (one.tokenizer, two.tokenizer),
        "rating_scale": (one.rating_scale, two.rating_scale),
        "jury": (one.jury_mode, two.jury_mode),
        "judges": (one.judges, two.judges),
        "normalise": ("normalise" in one.defences, "normalise" in two.defences),
    }
    for name, (of_first, of_other) in pairs.items():
        if of_first != of_other:
            raise LogError(
                f"Auctions differ in {name}: {_shown(of_first)} for {_where(first_run)}, {_shown(of_other)} for "
                f"{_where(other_run)}. Fit their logs one by one."
            )


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} ${price:g}" for name, price in value.items())
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _check_pools(record: AuctionRecord, auctions: AuctionRuns) -> None:
    for run in (run for runs in auctions.alone.values() for run in runs):
        if run.sample.pool != record.pool or run.sample.agent not in record.agents:
            raise LogError(
                f"The auctions are of pool {record.pool!r}, but {_where(run)} is of agent {run.sample.agent!r} of pool "
                f"{run.sample.pool!r}. Give runs of that pool's agents only."
            )


def _tasks(auctions: AuctionRuns) -> tuple[list[FitTask], int]:
    """The tasks, and how many outcomes are those of auctions' executions."""
    won: dict[tuple[str, str], list[PolicyRun]] = defaultdict(list)
    for run, record in auctions.held:
        # After an escalation the sample's outcome and dollars are not the winner's.
        if record.winner_alone:
            won[run.task, record.winner].append(run)
    outcomes: dict[tuple[str, str], tuple[float, float]] = {}
    filled = 0
    for task in {run.task for run, _ in auctions.held}:
        alone = auctions.alone_means(task)
        for agent in auctions.held[0][1].agents:
            if agent in alone:
                outcomes[task, agent] = alone[agent]
            elif runs := won[task, agent]:
                outcomes[task, agent] = (fmean(run.score for run in runs), fmean(run.usd_of("execute") for run in runs))
                filled += 1
    counts: Counter[str] = Counter()
    tasks = []
    for run, record in sorted(auctions.held, key=lambda held: (held[0].task, held[1].epoch)):
        counts[run.task] += 1
        known = {agent: outcomes.get((run.task, agent)) for agent in record.agents}
        tasks.append(
            FitTask(
                task_id=run.task,
                instance=counts[run.task],
                features=_features(record),
                solved={agent: None if pair is None else pair[0] for agent, pair in known.items()},
                usd={agent: None if pair is None else pair[1] for agent, pair in known.items()},
                usd_overhead=run.overhead_usd,
            )
        )
    return tasks, filled


def _features(record: AuctionRecord) -> dict[str, BidFeatures]:
    gammas = first_gammas(record)
    return {
        bid.agent: BidFeatures(price_length=bid.price_length, entropy=bid.entropy, ratings=gammas[bid.agent])
        for bid in record.bids
    }


def _variant_notes(auctions: AuctionRuns) -> list[str]:
    record = auctions.held[0][1]
    kinds = Counter(each.entropy_kind for _, each in auctions.held)
    notes = []
    if len(kinds) > 1:
        notes.append(
            f"Auctions have entropies of two kinds ({kinds['logprobs']} logprobs, {kinds['text']} text) as one feature."
        )
    if "normalise" in record.defences:
        notes.append("Ratings are stretched within each auction (defence normalise): use the weights with it.")
    if record.judges != "all":
        notes.append(f"Judges are {record.judges}: use the weights with the same.")
    return notes


def _complete(tasks: list[FitTask], agents: Sequence[str], allow_missing: bool) -> tuple[list[FitTask], list[str]]:
    lacking = {agent: [task.task_id for task in tasks if task.solved[agent] is None] for agent in agents}
    lacking = {agent: list(dict.fromkeys(ids)) for agent, ids in lacking.items() if ids}
    if not lacking:
        return tasks, []
    told = "; ".join(f"{agent} on {len(ids)} tasks ({named(ids)})" for agent, ids in lacking.items())
    kept = [task for task in tasks if all(value is not None for value in task.solved.values())]
    if allow_missing and kept:
        dropped = len({task.task_id for task in tasks}) - len({task.task_id for task in kept})
        return kept, [f"{dropped} tasks are dropped because an agent has no outcome on them: {told}."]
    agent, ids = next(iter(lacking.items()))
    remedy = "" if allow_missing else ", or drop the tasks with --allow-missing"
    raise LogError(
        f"Outcomes are missing: {told}. Run these agents alone on these tasks, for instance with `inspect eval TASK "
        f"--solver sale_inspect/single -S pool=POOL -S agent={agent} --sample-id {','.join(ids[:NAMED_AT_MOST])}`, and "
        f"give those logs as well{remedy}."
    )
