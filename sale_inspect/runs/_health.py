"""What did not work as meant in runs that have a score: one sentence each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sale_inspect.auction import AuctionRecord, Learnt
from sale_inspect.outcomes import named
from sale_inspect.runs._facts import LogFacts
from sale_inspect.runs._run import PolicyRun
from sale_inspect.texts import fmt_count, fmt_rate, fmt_usd

__all__ = ["health_notes", "money_notes"]


def health_notes(runs: Sequence[PolicyRun]) -> list[str]:
    """Limits, silent judges, bidders that fell out, cut plans, calls of unknown tokens, and answers read off a page."""
    told: list[str] = []
    for policy in dict.fromkeys(run.policy for run in runs):
        own = [run for run in runs if run.policy == policy]
        told += [f"{policy}: {sentence}" for sentence in _of_policy(own)]
    told += _contaminated(runs)
    unseen = {run.task for run in runs if run.sample.unseen}
    if unseen:
        count = len({run.task for run in runs})
        told.append(
            f"{len(unseen)} of {count} tasks hold pictures or other content that is no text: auctions and routers that "
            "read the text alone do not see it."
        )
    return told


def _contaminated(runs: Sequence[PolicyRun]) -> Iterator[str]:
    """How many tasks each policy could read the answer of, also if it is none; nothing where nobody searched."""
    searched = [run for run in runs if run.sample.contaminated_pages is not None]
    counts = []
    for policy in dict.fromkeys(run.policy for run in searched):
        tasks = {run.task for run in searched if run.policy == policy}
        seen = {run.task for run in searched if run.policy == policy and run.sample.contaminated_pages}
        counts.append(f"{policy} {len(seen)} of {len(tasks)}")
    if counts:
        shown = ", ".join(counts)
        yield f"contaminated tasks, in which the agent saw a page that holds the question and its answer: {shown}."


def _of_policy(runs: Sequence[PolicyRun]) -> Iterator[str]:
    limits = Counter(run.sample.limit for run in runs if run.sample.limit)
    for limit, count in limits.items():
        yield f"{count} of {len(runs)} samples were stopped by their {limit} limit."
    yield from _of_auctions(runs)
    yield from _of_unlearnt(runs)
    uncounted = Counter(call.reason for run in runs for call in run.sample.uncounted for _ in range(call.calls))
    if uncounted:
        reason, _ = uncounted.most_common(1)[0]
        yield (
            f"{uncounted.total()} model calls failed, were given up, or stated no usage that can be true (mostly: "
            f"{reason}). Their tokens are not known, so its dollars are a lower bound."
        )
    others = [run.sample.worked_instead for run in runs if run.sample.worked_instead]
    if others:
        yield (
            f"on {len(others)} samples the chosen agent's model was not called in the execution, so pass@1 is not its "
            f"own; who worked: {named(sorted(set(others)))}."
        )
    again = [entry for run in runs for entry in run.sample.attempts if entry.phase != "grade"]
    if again:
        samples = sum(bool(run.sample.attempts) for run in runs)
        calls = sum(entry.calls for entry in again)
        yield f"{samples} samples were tried more than once; {calls} calls of earlier attempts are paid and counted."
    yield from _fees(runs)
    sums = sum(run.sample.sums_only for run in runs)
    if sums:
        yield f"{sums} samples have no transcript: calls of their scorers, if any, are counted with the agent's."


def _of_unlearnt(runs: Sequence[PolicyRun]) -> Iterator[str]:
    """Tasks of bins that what decided had never seen."""
    tasks: dict[str, set[str]] = {}
    for run in runs:
        names = {record.unlearnt_bin for record in run.sample.records}
        if run.sample.routing is not None:
            names.add(run.sample.routing.unlearnt_bin)
        for name in names - {""}:
            tasks.setdefault(name, set()).add(run.task)
    if tasks:
        shown = ", ".join(f"{len(own)} of {name}" for name, own in sorted(tasks.items()))
        yield f"what decided was fitted without tasks of these bins, so it had learnt nothing of {shown} tasks."


def _fees(runs: Sequence[PolicyRun]) -> Iterator[str]:
    paid = [entry for run in runs for entry in run.entries if entry.tool_calls]
    if paid:
        calls: Counter[str] = Counter()
        for entry in paid:
            calls[entry.model.removeprefix("tool ")] += entry.tool_calls
        tools = named([f"{tool} {count:,} times" for tool, count in calls.most_common()])
        yield f"fees of tools are in its dollars: {fmt_usd(sum(entry.usd for entry in paid))} ({tools})."


def _of_auctions(runs: Sequence[PolicyRun]) -> Iterator[str]:
    records = [record for run in runs for record in run.sample.records]
    yield from _of_fits(runs)
    records = [record for record in records if record.held]
    if not records:
        return
    bids = [bid for record in records for bid in (*record.bids, *record.refined)]
    ratings = [rating for bid in bids for rating in bid.ratings.values()]
    silent = sum(
        all(rating is None for bid in record.bids for rating in bid.ratings.values())
        for record in records
        if "jury" not in record.drop
    )
    if silent:
        yield f"no judge rated in {silent} of {len(records)} auctions: price and entropy alone decided."
    absent = sum(rating is None for rating in ratings)
    if absent and silent < len(records):
        yield f"judges abstained from {absent} of {len(ratings)} ratings."
    out = Counter(failure.agent for record in records for failure in record.failures if not failure.refined)
    if out:
        who = named([f"{agent} in {count}" for agent, count in out.most_common()])
        yield f"bidders fell out of auctions ({len(records)} in all): {who}."
    cut = sum(bid.truncated for bid in bids)
    if cut:
        yield f"{cut} of {len(bids)} plans were cut at {records[0].strategy_tokens} tokens."


def _of_fits(runs: Sequence[PolicyRun]) -> Iterator[str]:
    """What a calibrated fit decided, and how its forecasts came out."""
    made = [(run, record, fit) for run in runs for record in run.sample.records if (fit := record.calibrated)]
    if not made:
        return
    skipped = [fit for _, record, fit in made if not record.held]
    fell_back = [fit for fit in skipped if fit.before.fallback]
    if fell_back:
        who = named(sorted({fit.before.winner for fit in fell_back}))
        yield (
            f"no auction was held for {len(fell_back)} of {len(made)} tasks: the fit fell back to {who} alone, for its "
            "forecasts are not certified to do as well."
        )
    if len(skipped) > len(fell_back):
        yield (
            f"no auction was held for {len(skipped) - len(fell_back)} of {len(made)} tasks: it was not expected to pay "
            "for itself."
        )
    decided = [run for run in runs if any(record.calibrated for record in run.sample.records)]
    spent = sum(run.usd for run in decided)
    if spent > 0:
        overhead = sum(run.overhead_usd for run in decided)
        yield f"auctions took {fmt_rate(overhead / spent)} of its dollars."
    yield from _of_learning([(record, learnt) for _, record, fit in made if (learnt := fit.learnt)])
    # A sample with several auctions has one score.
    scored = [(run, record, fit) for run, record, fit in made if run.scored and len(run.sample.records) == 1]
    if scored:
        chosen = [
            next(each for each in fit.decision.forecasts if each.agent == record.winner) for _, record, fit in scored
        ]
        executed = sum(run.usd - run.overhead_usd for run, _, _ in scored) / len(scored)
        yield (
            f"of the chosen agents {fmt_rate(sum(each.p for each in chosen) / len(chosen))} success was forecast, and "
            f"{fmt_rate(sum(run.score for run, _, _ in scored) / len(scored))} came out; "
            f"{fmt_usd(sum(each.usd for each in chosen) / len(chosen))} a task was expected of executions, and "
            f"{fmt_usd(executed)} was spent ({len(scored)} runs)."
        )


def _of_learning(made: Sequence[tuple[AuctionRecord, Learnt]]) -> Iterator[str]:
    """What was learnt on the way, and what trying other agents was expected to cost."""
    if not made:
        return
    most = max(learnt.outcomes for _, learnt in made)
    tried = [learnt for _, learnt in made if learnt.instead]
    told = f"the fit learnt from outcomes on the way, in the end from {most} of a run"
    if not tried:
        yield f"{told}; no task went to another agent than the chosen one."
        return
    p, usd = sum(each.price_p for each in tried), sum(each.price_usd for each in tried)
    yield (
        f"{told}; {len(tried)} of {len(made)} tasks went to another agent than the chosen one, to see how it does: "
        f"{p:.2f} fewer solved tasks and {fmt_usd(abs(usd))} {'more' if usd >= 0 else 'less'} in all were expected of "
        "that."
    )


def money_notes(logs: Iterable[LogFacts]) -> list[str]:
    """Where Inspect's own sums of tokens, of a sample or of a log, are not those of the calls that were read."""
    told = []
    for log in logs:
        unlike = [sample for sample in log.samples if sample.unbooked_tokens]
        if unlike:
            tokens = sum(sample.unbooked_tokens for sample in unlike)
            more = "more" if tokens > 0 else "fewer"
            told.append(
                f"{log.head.log}: Inspect's sums for {len(unlike)} samples have {fmt_count(abs(tokens))} tokens {more} "
                "than their recorded calls; the recorded calls are counted."
            )
        lost = _lost(log)
        if lost > 0:
            dollars = "" if log.head.usd is None else f" ({fmt_usd(_lost_usd(log))})"
            told.append(
                f"{log.head.log}: Inspect's sum for the log has {fmt_count(lost)} tokens{dollars} more than its "
                "samples: attempts that the log does not keep. They are in no figure."
            )
    return told


def _lost(log: LogFacts) -> int:
    if log.head.tokens is None or any(sample.inspect_tokens is None for sample in log.samples):
        return 0
    kept = sum(
        (sample.inspect_tokens or 0) + sum(entry.usage.total for entry in sample.attempts) for sample in log.samples
    )
    return log.head.tokens - kept


def _lost_usd(log: LogFacts) -> float:
    # Inspect counts no fees of tools.
    calls = [e for sample in log.samples for e in (*sample.entries, *sample.attempts) if not e.tool_calls]
    kept = sum(entry.usd for entry in calls)
    return math.nan if math.isnan(kept) else (log.head.usd or 0.0) - kept
