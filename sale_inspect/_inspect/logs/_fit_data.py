"""From evaluation logs to what weights are fitted to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs._fit_runs import NAMED_AT_MOST, HeldAuction, Runs, left_out_notes, named, read_runs
from sale_inspect.auction import AuctionRecord, BidFeatures, normalised
from sale_inspect.weights import FitData, FitTask

__all__ = ["read_fit_data"]

# Without these the features in the record are not the mechanism's.
_SCORED_TERMS = frozenset({"price", "length", "entropy", "jury"})


def read_fit_data(places: Iterable[str], *, need_outcomes: bool = False, allow_missing: bool = False) -> FitData:
    """Auctions in SALE logs, joined with every agent's outcomes on the same tasks.

    An agent's outcome on a task is the mean over its runs alone (solver `single`), epochs included, so
    it need not be 0 or 1. Where there is no such run, the executions that the agent won in the SALE
    logs count; a note says how many, because those followed a plan. Each auction of a task (epochs,
    repeated runs) is an instance of its own. Tasks are the same if sample id and input are the same; a
    sample that occurs twice (a log given twice, a retried run) counts once.

    Args:
        places: Log files and folders of them.
        need_outcomes: Every agent must have an outcome on every task.
        allow_missing: Drop tasks that lack one, with a note, instead of refusing.

    Raises:
        LogError: If there is no auction, auctions differ in pool or variant, or outcomes are missing.
    """
    found = read_runs(places)
    if not found.held:
        reasons = " ".join(["", *left_out_notes(found)])
        raise LogError(f"The logs hold no finished auction. Give logs of the solver sale_inspect/sale.{reasons}")
    first = found.held[0]
    for held in found.held:
        _check_same(first, held)
    _check_pools(first.record, found)
    notes = list(found.notes)
    notes += left_out_notes(found)
    tasks, filled = _tasks(found)
    if filled:
        notes.append(f"{filled} outcomes are of executions that the agent won in an auction, for want of a run alone.")
    notes += _variant_notes(found)
    if need_outcomes:
        tasks, dropped = _complete(tasks, first.record.agents, allow_missing)
        notes += dropped
    return FitData(
        pool=first.record.pool,
        agents=first.record.agents,
        prices=first.record.prices,
        strategy_tokens=first.record.strategy_tokens,
        tokenizer=first.record.tokenizer,
        entropy_kinds=tuple(sorted({held.record.entropy_kind for held in found.held})),
        tasks=tuple(tasks),
        simulated=first.record.simulated,
        notes=tuple(notes),
    )


def _check_same(first: HeldAuction, other: HeldAuction) -> None:
    one, two = first.record, other.record
    terms = sorted(_SCORED_TERMS & set(two.drop))
    if terms:
        raise LogError(
            f"The auction of {other.where} was held with drop={','.join(terms)}. "
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
    for name, (mine, its) in pairs.items():
        if mine != its:
            raise LogError(
                f"Auctions differ in {name}: {_said(mine)} for {first.where}, {_said(its)} for {other.where}. "
                "Fit their logs one by one."
            )


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} ${price:g}" for name, price in value.items())
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _check_pools(record: AuctionRecord, found: Runs) -> None:
    for run in (run for runs in found.alone.values() for run in runs):
        if run.pool != record.pool or run.agent not in record.agents:
            raise LogError(
                f"The auctions are of pool {record.pool!r}, but {run.where} is of agent {run.agent!r} of pool "
                f"{run.pool!r}. Give runs of that pool's agents only."
            )


def _tasks(found: Runs) -> tuple[list[FitTask], int]:
    """The tasks, and how many outcomes are those of auctions' executions."""
    names = _names(found)
    won: dict[tuple[str, str], list[HeldAuction]] = defaultdict(list)
    for held in found.held:
        won[held.key, held.record.winner].append(held)
    outcomes: dict[tuple[str, str], tuple[float, float]] = {}
    filled = 0
    for key in {held.key for held in found.held}:
        for agent in found.held[0].record.agents:
            runs: Sequence[tuple[float, float]] = [
                (r.correct, r.usd) for r in found.alone.get(key, []) if r.agent == agent
            ]
            if not runs:
                runs = [(held.correct, held.execute_usd) for held in won[key, agent]]
                filled += bool(runs)
            if runs:
                outcomes[key, agent] = (fmean(run[0] for run in runs), fmean(run[1] for run in runs))
    counts: Counter[str] = Counter()
    tasks = []
    for held in sorted(found.held, key=lambda held: (held.key, held.record.epoch)):
        counts[held.key] += 1
        own = {agent: outcomes.get((held.key, agent)) for agent in held.record.agents}
        tasks.append(
            FitTask(
                task_id=names[held.key],
                instance=counts[held.key],
                features=_features(held.record),
                solved={agent: None if pair is None else pair[0] for agent, pair in own.items()},
                usd={agent: None if pair is None else pair[1] for agent, pair in own.items()},
                usd_overhead=held.overhead_usd,
            )
        )
    return tasks, filled


def _names(found: Runs) -> dict[str, str]:
    """Sample ids, with a mark where one id has several inputs."""
    uses = Counter(found.ids[key] for key in found.ids)
    return {key: key if uses[name] > 1 else name for key, name in found.ids.items()}


def _features(record: AuctionRecord) -> dict[str, BidFeatures]:
    gammas: Mapping[str, Mapping[str, float | None]] = {
        bid.agent: {
            judge: None if (rating := bid.ratings.get(judge)) is None else rating / record.rating_scale
            for judge in record.agents
        }
        for bid in record.bids
    }
    if "normalise" in record.defences:
        gammas = normalised(gammas)
    return {
        bid.agent: BidFeatures(price_length=bid.price_length, entropy=bid.entropy, ratings=gammas[bid.agent])
        for bid in record.bids
    }


def _variant_notes(found: Runs) -> list[str]:
    record = found.held[0].record
    kinds = Counter(held.record.entropy_kind for held in found.held)
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
    said = "; ".join(f"{agent} on {len(ids)} tasks ({named(ids)})" for agent, ids in lacking.items())
    kept = [task for task in tasks if all(value is not None for value in task.solved.values())]
    if allow_missing and kept:
        dropped = len({task.task_id for task in tasks}) - len({task.task_id for task in kept})
        return kept, [f"{dropped} tasks are dropped because an agent has no outcome on them: {said}."]
    agent, ids = next(iter(lacking.items()))
    remedy = "" if allow_missing else ", or drop the tasks with --allow-missing"
    raise LogError(
        f"Outcomes are missing: {said}. Run these agents alone on these tasks, for instance with `inspect eval TASK "
        f"--solver sale_inspect/single -S pool=POOL -S agent={agent} --sample-id {','.join(ids[:NAMED_AT_MOST])}`, and "
        f"give those logs as well{remedy}."
    )
