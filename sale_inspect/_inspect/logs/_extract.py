"""From the parsed parts of a log to what it says, in the core's terms."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from sale_inspect._inspect.logs._calls import Calls, calls_of, calls_of_sums, raw_total
from sale_inspect._inspect.logs._clock import human_clock
from sale_inspect._inspect.logs._places import shown_path
from sale_inspect._inspect.logs._raw import RawEvent, RawHeader, RawOutput, RawSample
from sale_inspect._inspect.store import StoredSample, read
from sale_inspect.auction import AuctionRecord
from sale_inspect.money import Entry
from sale_inspect.outcomes import clean, text_hash
from sale_inspect.runs import LogHead, SampleFacts, UncountedCalls
from sale_inspect.texts import with_choices

__all__ = ["head_of", "lost_store", "needs_events", "sample_of"]

_WORDS = (str, int, float, bool)
_LONGEST_WORD = 500
_SUBMIT = "submit"
_STATED_ROLES = ("system", "user")


def head_of(raw: RawHeader, location: str) -> LogHead:
    """What a header says. Its location is not its content and is put in later as well."""
    told = raw.get("eval") or {}
    dataset = told.get("dataset") or {}
    ids = dataset.get("sample_ids")
    plan = raw.get("plan") if isinstance(raw.get("plan"), dict) else {}
    metadata = told.get("metadata") or {}
    order = metadata.get("order_seed", (told.get("task_args") or {}).get("order_seed"))
    sums = [usage for usage in ((raw.get("stats") or {}).get("model_usage") or {}).values() if isinstance(usage, dict)]
    costs = [usage["total_cost"] for usage in sums if usage.get("total_cost") is not None]
    headline = told.get("headline_metric")
    return LogHead(
        log=PurePath(location).name,
        log_path=shown_path(location),
        status=str(raw.get("status", "started")),
        run=str(told.get("eval_id") or told.get("run_id") or ""),
        eval_task_id=str(told.get("task_id") or ""),
        created=str(told.get("created") or ""),
        task=str(told.get("task") or ""),
        task_version=str(told.get("task_version", 0)),
        task_args=told.get("task_args") or {},
        solver=str(told.get("solver") or ""),
        solver_args=told.get("solver_args") or {},
        steps=tuple(step for step in (plan or {}).get("steps") or () if isinstance(step, dict)),
        model=str(told.get("model") or ""),
        model_args=told.get("model_args") or {},
        config={**(told.get("model_generate_config") or {}), **((plan or {}).get("config") or {})},
        roles=told.get("model_roles") or {},
        metadata=metadata,
        dataset=str(dataset.get("name") or ""),
        sample_ids=None if not ids else tuple(map(str, ids)),
        epochs=(told.get("config") or {}).get("epochs") or 1,
        headline=str((headline or {}).get("scorer") or "") if isinstance(headline, dict) else "",
        packages={str(name): str(version) for name, version in (told.get("packages") or {}).items()},
        order_seed=order if type(order) is int else None,
        tokens=sum(map(raw_total, sums)) if sums else None,
        usd=sum(costs) if costs else None,
    )


def needs_events(raw: RawSample) -> bool:
    """Whether a sample's transcript must be read: no ledger says what was spent, or it is not what Inspect counted."""
    entries = read(raw.get("store") or {}).entries
    if not entries:
        return True
    booked = sum(entry.usage.total for entry in entries)
    return not any(entry.cached_calls for entry in entries) and booked != _inspect_tokens(raw)


def lost_store(raw: RawSample) -> bool:
    """Whether a sample lost its store, as those do that Inspect recovered from a killed run, but has it in events."""
    return not raw.get("store") and any(event.get("event") == "store" for event in raw.get("events") or ())


def sample_of(raw: RawSample) -> SampleFacts:
    """What a sample says."""
    stored = read(raw.get("store") or {})
    text, unseen, digest = _task_text(raw)
    calls, attempts = _spent(raw, stored)
    inspect_tokens = _inspect_tokens(raw)
    output = raw.get("output") or {}
    usage = output.get("usage")
    output_tokens = None if usage is None else usage.get("output_tokens")
    working = raw.get("working_time")
    booked = calls.paid_tokens
    return SampleFacts(
        sample_id=clean(str(raw.get("id", ""))),
        epoch=raw.get("epoch", 1),
        uuid=raw.get("uuid") or "",
        text=text,
        digest=digest,
        unseen=unseen,
        metadata=_words(raw.get("metadata") or {}),
        scores=_scores(raw),
        error=_error(raw.get("error")),
        invalidated=raw.get("invalidation") is not None,
        limit=str((raw.get("limit") or {}).get("type", "")) if isinstance(raw.get("limit"), dict) else "",
        seconds=raw.get("total_time") if working is None else working,
        started=raw.get("started_at") or "",
        answer=clean(_completion(output)),
        answer_tokens=None if output_tokens is None or not math.isfinite(output_tokens) else int(output_tokens),
        tool_rounds=_tool_rounds(raw),
        unread_answer=_unread(raw, _completion(output)),
        ledger_policy=stored.policy,
        agent=stored.agent,
        pool=stored.pool,
        simulated=stored.simulated,
        prices=stored.prices,
        agents=stored.agents,
        entries=calls.entries,
        attempts=attempts,
        uncounted=(*calls.uncounted, *_uncounted(stored)),
        worked_instead=stored.worked_instead,
        sums_only=not stored.entries and not _events(raw) and bool(calls.entries),
        inspect_tokens=inspect_tokens,
        unbooked_tokens=0 if inspect_tokens is None or booked < 0 else inspect_tokens - booked,
        records=tuple(_without_texts(record) for record in stored.auctions),
        routing=stored.routing,
        human=human_clock(stored.store, _events(raw)),
        contaminated_pages=_contaminated_pages(raw),
    )


_UNKNOWN = -1


def _events(raw: RawSample) -> Sequence[RawEvent]:
    return raw.get("events") or (raw.get("transcript") or {}).get("events") or ()


def _spent(raw: RawSample, stored: StoredSample) -> tuple[Calls, tuple[Entry, ...]]:
    """The calls of the attempt that counts, and those of earlier attempts."""
    ledger, events = stored.entries, _events(raw)
    retries = raw.get("error_retries") or ()
    retried = [entry for retry in retries for entry in calls_of(retry.get("events") or ()).entries]
    if not ledger:
        return calls_of(events) if events else calls_of_sums(raw.get("model_usage") or {}), tuple(retried)
    attempts = tuple(_of_pool(retried, ledger, stored)) if stored.attempts is None else stored.attempts
    graded = tuple(entry for entry in calls_of(events).entries if entry.phase == "grade") if events else ()
    booked = sum(entry.usage.total for entry in (*ledger, *graded) if not entry.cached_calls)
    # Calls that Inspect's cache answered are in our ledger and not in Inspect's sums; which part they are is not kept.
    cached = any(entry.cached_calls for entry in ledger)
    return Calls(entries=(*ledger, *graded), uncounted=(), paid_tokens=_UNKNOWN if cached else booked), attempts


def _of_pool(entries: Sequence[Entry], ledger: Sequence[Entry], stored: StoredSample) -> list[Entry]:
    """Calls of an earlier attempt, of which the transcript is left, under the pool's agents and prices."""
    agents = {entry.model: entry.agent for entry in ledger}
    prices = stored.prices
    made = []
    for entry in entries:
        agent = agents.get(entry.model, entry.agent)
        usd = _at_price(entry, prices[agent]) if math.isnan(entry.usd) and agent in prices else entry.usd
        made.append(replace(entry, agent=agent, usd=usd))
    return made


def _at_price(entry: Entry, price: Mapping[str, Any]) -> float:
    kinds = ("input", "output", "cache_read", "cache_write")
    return sum(float(getattr(entry.usage, kind)) * float(price.get(kind) or 0) for kind in kinds) / 1e6


def _inspect_tokens(raw: RawSample) -> int | None:
    sums = raw.get("model_usage")
    return None if sums is None else sum(raw_total(usage) for usage in sums.values())


def _uncounted(stored: StoredSample) -> tuple[UncountedCalls, ...]:
    return tuple(UncountedCalls(model=call.model, reason=call.reason, calls=call.calls) for call in stored.uncounted)


def _without_texts(record: AuctionRecord) -> AuctionRecord:
    """The record without its long texts, which no command reads and many would hold in memory."""
    return record.model_copy(
        update={
            "task": "",
            "bids": tuple(bid.model_copy(update={"strategy": ""}) for bid in record.bids),
            "refined": tuple(bid.model_copy(update={"strategy": ""}) for bid in record.refined),
        }
    )


def _scores(raw: RawSample) -> dict[str, Any]:
    scores = raw.get("scores")
    if scores is None and isinstance(raw.get("score"), dict):
        scores = {"score": raw["score"]}
    return {name: score.get("value") if isinstance(score, dict) else score for name, score in (scores or {}).items()}


def _contaminated_pages(raw: RawSample) -> int | None:
    """What our scorer counted, whichever name a task gave to it."""
    about = [score.get("metadata") or {} for score in (raw.get("scores") or {}).values() if isinstance(score, dict)]
    pages = [each["contaminated_pages"] for each in about if isinstance(each.get("contaminated_pages"), list)]
    return max(map(len, pages)) if pages else None


def _error(error: Any) -> str | None:
    if error is None:
        return None
    message = error.get("message", "") if isinstance(error, dict) else str(error)
    return clean(next(iter(str(message).strip().splitlines()), "")) or "an error without a message"


def _words(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {
        clean(str(name)): clean(value[:_LONGEST_WORD]) if isinstance(value, str) else value
        for name, value in metadata.items()
        if isinstance(value, _WORDS)
    }


def _completion(output: RawOutput) -> str:
    if output.get("completion"):
        return output["completion"] or ""
    for choice in output.get("choices") or ():
        message = choice.get("message") if isinstance(choice, dict) else None
        return _parts((message or {}).get("content"))[0]
    return ""


def _parts(content: Any) -> tuple[str, list[Any]]:
    """The text of a message's content, and its parts that are none."""
    if isinstance(content, str):
        return content, []
    parts = [part for part in content or () if isinstance(part, dict)]
    text = "\n".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")
    return text, [part for part in parts if part.get("type") not in ("text", "reasoning")]


def _task_text(raw: RawSample) -> tuple[str, int, str]:
    """What a router may read, how many parts of the task are no text, and a hash of both."""
    given = raw.get("input")
    if isinstance(given, str):
        text, others = given, []
    else:
        messages = [message for message in given or () if isinstance(message, dict)]
        pairs = [_parts(message.get("content")) for message in messages if message.get("role") in _STATED_ROLES]
        text = "\n\n".join(pair[0] for pair in pairs)
        others = [part for pair in pairs for part in pair[1]]
    choices = raw.get("choices")
    text = clean(with_choices(text, choices) if choices else text)
    if not others:
        return text, 0, text_hash(text if text.strip() else "")
    about = json.dumps([text, others], sort_keys=True, default=str)
    return text, len(others), text_hash(about)


def _tool_rounds(raw: RawSample) -> int | None:
    messages = raw.get("messages")
    if not messages:
        return None
    rounds = 0
    for message in messages:
        called = [call.get("function") for call in message.get("tool_calls") or ()]
        rounds += message.get("role") == "assistant" and any(name != _SUBMIT for name in called)
    return rounds


def _unread(raw: RawSample, completion: str) -> bool:
    """Whether there was nothing to score. A score without any word on the answer says nothing of it."""
    scores = raw.get("scores") or {}
    read = [score["answer"] for score in scores.values() if isinstance(score, dict) and score.get("answer") is not None]
    return not completion.strip() if not read else all(not str(answer).strip() for answer in read)
