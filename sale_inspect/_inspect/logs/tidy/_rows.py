"""From a sample of any log to its rows in tidy data."""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, EvalSample

from sale_inspect._errors import UnpricedAgentError
from sale_inspect._inspect.logs._outcome_spent import agent_calls, sample_spent
from sale_inspect._inspect.logs.tidy._names import kind_of, policy_of
from sale_inspect._inspect.store import read, solved
from sale_inspect._inspect.view import sample_text
from sale_inspect.auction import AuctionRecord, BidRecord
from sale_inspect.money import PHASES, total_usd
from sale_inspect.outcomes import PriceList, clean, text_hash

__all__ = ["Places", "bid_rows", "log_row", "sample_row"]

_OWN_PHASES = tuple(phase for phase in PHASES if phase != "grade")
_ERROR_SHOWN = 160
# What differs from one auction of a log to the next.
_OF_ONE_AUCTION = {
    *("task", "epoch", "position", "bids", "refined", "failures", "provisional_winner", "refinement", "winner"),
    *("notes", "prompts"),
}


class Places:
    """Places of tasks in the order of a run."""

    def __init__(self, header: EvalLog) -> None:
        self._places = {str(name): place for place, name in enumerate(header.eval.dataset.sample_ids or [])}

    def of(self, sample: EvalSample, record: AuctionRecord | None) -> int:
        """From 0; -1 if not known."""
        place = self._places.get(str(sample.id))
        if place is None and record is not None:
            place = record.position
        return -1 if place is None else place


def sample_row(
    sample: EvalSample, header: EvalLog, places: Places, prices: PriceList | None
) -> dict[str, Any]:  # fmt: skip
    """The sample's row, without what is the log's (name, path, policy, kind)."""
    said = sample.metadata
    records = read(sample).auctions
    record = records[0] if records else None
    policy = read(sample).policy
    listed = read(sample).prices
    return {
        "run": header.eval.eval_id,
        "task_id": clean(str(sample.id)),
        "epoch": sample.epoch,
        "order_seed": order_seed(header),
        "position": places.of(sample, record),
        "uuid": sample.uuid or "",
        "task_text_hash": text_hash(clean(sample_text(sample.input, sample.choices))),
        "task": header.eval.task,
        "task_version": str(header.eval.task_version),
        "domain": _word(said.get("domain")),
        "source": _word(said.get("source")) or header.eval.dataset.name or "",
        "bin": _word(said.get("bin")),
        "tau": _minutes(said.get("tau_minutes", said.get("tau"))),
        "tau_provenance": _word(said.get("tau_provenance")),
        "correct": _correct(sample),
        "error": _error(sample),
        "seconds": _number(sample.total_time if sample.working_time is None else sample.working_time),
        "agent": _agent(sample, header, policy),
        "pool": read(sample).pool,
        "simulated": read(sample).simulated,
        "prices_hash": _digest(json.dumps(listed, sort_keys=True)) if listed else "",
        "answer_tokens": _number(None if sample.output.usage is None else sample.output.usage.output_tokens),
        "uncounted": read(sample).uncounted_calls,
        **_auction(record),
        **_spent(sample, header, prices),
    }


def bid_rows(sample: EvalSample, row: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each bid of the sample's auctions."""
    about = {name: row[name] for name in ("uuid", "task_id", "epoch", "order_seed", "position", "correct", "bin")}
    about["tokens_execute"] = row["tokens_execute"]
    return [
        {**about, "auction": number, **_bid(bid, record)}
        for number, record in enumerate(read(sample).auctions)
        for bid in (*record.bids, *record.refined)
    ]


def log_row(header: EvalLog, rows: Sequence[dict[str, Any]], first: EvalSample | None) -> dict[str, Any]:
    """The log's row, from its header, its samples' rows, and a sample that tells of its policy."""
    about = header.eval.metadata or {}
    planned = header.eval.dataset.sample_ids or []
    epochs = header.eval.config.epochs or 1
    store = {} if first is None else first.store
    records = [] if first is None else read(store).auctions
    shared = records[0].model_dump(mode="json", exclude=_OF_ONE_AUCTION) if records else {}
    return {
        "status": header.status,
        "run": header.eval.eval_id,
        "eval_task_id": header.eval.task_id,
        "policy": policy_of(header, store),
        "kind": kind_of(header, store),
        "task": header.eval.task,
        "task_version": str(header.eval.task_version),
        "set_hash": _set_hash(header, rows),
        "pool": read(store).pool,
        "prices": json.dumps(read(store).prices),
        "simulated": any(row["simulated"] for row in rows),
        "created": header.eval.created,
        "samples": len(rows),
        "planned": len(planned) * epochs,
        "scored": sum(not row["error"] and not math.isnan(row["correct"]) for row in rows),
        "errors": sum(bool(row["error"]) for row in rows),
        "epochs": epochs,
        "order_seed": order_seed(header),
        "inspect_version": str(header.eval.packages.get("inspect_ai", "")),
        "package_version": str(header.eval.packages.get("sale-inspect", "")),
        "recipe": str(about.get("recipe", about.get("set", ""))),
        "coverage": json.dumps(about.get("coverage") or {}),
        "options": json.dumps(header.eval.solver_args or {}, default=str, sort_keys=True),
        "auction": json.dumps(shared) if shared else "",
    }


def order_seed(header: EvalLog) -> int:
    """Seed of the order of tasks; -1 if the log states none."""
    seed = (header.eval.metadata or {}).get("order_seed", header.eval.task_args.get("order_seed"))
    return seed if type(seed) is int else -1


def _set_hash(header: EvalLog, rows: Sequence[dict[str, Any]]) -> str:
    """Of the tasks that were to be done, whichever were."""
    planned: Collection[Any] = header.eval.dataset.sample_ids or {row["task_id"] for row in rows}
    return _digest("\n".join([header.eval.task, *sorted(map(str, planned))]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _word(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _minutes(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        return math.nan
    return float(value)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _error(sample: EvalSample) -> str:
    if sample.invalidation is not None:
        return "invalidated"
    if sample.error is None:
        return ""
    return clean((sample.error.message.splitlines() or [""])[0][:_ERROR_SHOWN]) or "an error without a message"


def _correct(sample: EvalSample) -> float:
    if sample.error is not None or sample.invalidation is not None:
        return math.nan
    verdict = solved(sample.scores or {})
    return math.nan if verdict is None else float(verdict)


def _agent(sample: EvalSample, header: EvalLog, policy: str) -> str:
    if not policy:
        return header.eval.model
    routing = read(sample).routing
    return read(sample).agent if routing is None else routing.chosen


def _auction(record: AuctionRecord | None) -> dict[str, Any]:
    if record is None:
        return {"provisional": "", "refined": False, "n_refined": 0, "visible": 0}
    return {
        "provisional": record.provisional_winner,
        "refined": record.winner != record.provisional_winner,
        "n_refined": len(record.refined),
        "visible": record.refinement.visible,
    }


def _spent(sample: EvalSample, header: EvalLog, prices: PriceList | None) -> dict[str, float]:
    """Dollars and tokens, whole and by phase. A sample without a ledger spent all of it on execution."""
    entries = read(sample).entries
    if not entries:
        usd, tokens = _foreign(sample, header, prices)
        return {
            **{f"{what}_{phase}": 0.0 for what in ("usd", "tokens") for phase in _OWN_PHASES},
            **{"usd": usd, "usd_execute": usd, "tokens": tokens, "tokens_execute": tokens},
        }
    dollars: dict[str, float] = defaultdict(float)
    counts: dict[str, float] = defaultdict(float)
    for entry in entries:
        dollars[entry.phase] += entry.usd
        counts[entry.phase] += entry.usage.total
    return {
        "usd": total_usd(entries),
        "tokens": sum(counts[phase] for phase in _OWN_PHASES),
        **{f"usd_{phase}": dollars[phase] for phase in _OWN_PHASES},
        **{f"tokens_{phase}": counts[phase] for phase in _OWN_PHASES},
    }


def _foreign(sample: EvalSample, header: EvalLog, prices: PriceList | None) -> tuple[float, float]:
    try:
        found = sample_spent(sample, Path(header.location).name, prices)
    except UnpricedAgentError:
        usages = [usage for _, usage in agent_calls(sample)] or list(sample.model_usage.values())
        return math.nan, float(sum(usage.total_tokens for usage in usages))
    return (math.nan, math.nan) if found is None else (found.dollars, found.tokens)


def _bid(bid: BidRecord, record: AuctionRecord) -> dict[str, Any]:
    given = [rating for rating in bid.ratings.values() if rating is not None]
    won_refined = record.winner != record.provisional_winner
    return {
        "agent": bid.agent,
        "refined": bid.refined,
        "z": bid.z,
        "cost": bid.cost,
        "value": bid.value,
        "length": bid.length,
        "entropy": bid.entropy,
        "rating_mean": sum(given) / len(given) if given else math.nan,
        "ratings": json.dumps(bid.ratings),
        "provisional": bid.agent == record.provisional_winner and not bid.refined,
        "winner": bid.agent == record.winner and bid.refined == won_refined,
        "usd_per_mtok": bid.usd_per_mtok,
        "price_length": bid.price_length,
        "logprob_entropy": _number(bid.logprob_entropy),
        "text_entropy": bid.text_entropy,
        "eligible": bid.agent in record.refinement.eligible,
        "neighbours": len(record.refinement.neighbours),
    }
