"""What did not work as meant in runs that have a score: one sentence each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sale_inspect.outcomes import named
from sale_inspect.runs._facts import LogFacts
from sale_inspect.runs._run import PolicyRun
from sale_inspect.texts import fmt_count, fmt_usd

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
