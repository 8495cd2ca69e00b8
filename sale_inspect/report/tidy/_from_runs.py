"""From runs to tidy data, and back as far as it is needed to hold runs against each other."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sale_inspect._bounds import json_value
from sale_inspect.auction import AuctionRecord, BidRecord
from sale_inspect.money import PHASES, Entry, Phase, TokenUsage
from sale_inspect.report.tidy._tables import BID_COLUMNS, LOG_COLUMNS, SAMPLE_COLUMNS, Tidy, frame
from sale_inspect.runs import (
    LogHead,
    PolicyRun,
    SampleFacts,
    UncountedCalls,
    bin_of,
    nearest_shown,
    set_hash,
    source_of,
    spread_of,
    tau_of,
)
from sale_inspect.shards import joined_run, whole_positions
from sale_inspect.texts import hidden_values

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SampleKey", "key_of", "runs_of", "tidy_of"]

SampleKey = tuple[str, str, str, int]
"""A sample of a log: the log's path, Inspect's id of its run, its id and its epoch."""

_OWN_PHASES: tuple[Phase, ...] = tuple(phase for phase in PHASES if phase != "grade")
# What differs from one auction of a log to the next.
_OF_ONE_AUCTION = {
    *("task", "epoch", "position", "bids", "refined", "failures", "provisional_winner", "refinement", "winner"),
    *("calibrated", "escalation", "notes", "prompts", "unlearnt_bin"),
}


def key_of(run: PolicyRun) -> SampleKey:
    """Which sample of which log a run is."""
    return run.head.log_path, run.sample.uuid, run.task, run.epoch


def tidy_of(runs: Sequence[PolicyRun], heads: Iterable[LogHead]) -> Tidy:
    """Tidy data of runs.

    Args:
        runs: The runs.
        heads: The logs, also those that no run is left of.
    """
    by_log: dict[str, list[PolicyRun]] = {}
    for run in runs:
        by_log.setdefault(run.head.log_path, []).append(run)
    samples, bids, logs = [], [], []
    # The shards of one run are one run here, in its order.
    whole: dict[str, list[tuple[PolicyRun, dict[str, Any]]]] = {}
    for head in heads:
        own = by_log.get(head.log_path, [])
        if not own:
            continue
        places = whole_positions(head.sample_ids or (), head.metadata)
        about = _log_row(head, own)
        rows = [(run, _sample_row(run, places, about["set_hash"])) for run in own]
        whole.setdefault(joined_run(head.metadata) or head.log_path, []).extend(rows)
        logs.append(about)
    for rows in whole.values():
        # A log has them as they ended, which differs from run to run.
        rows.sort(key=lambda pair: (pair[1]["epoch"], pair[1]["position"], pair[1]["task_id"]))
        samples += [row for _, row in rows]
        bids += [bid for run, row in rows for bid in _bid_rows(run, row)]
    return Tidy(
        samples=frame(samples, SAMPLE_COLUMNS), bids=frame(bids, BID_COLUMNS), logs=frame(logs, LOG_COLUMNS)
    )  # fmt: skip


def _sample_row(run: PolicyRun, places: dict[str, int], set_hash: str) -> dict[str, Any]:
    sample, records = run.sample, run.sample.records
    record = records[0] if records else None
    place = places.get(sample.sample_id)
    if place is None and record is not None:
        place = record.position
    tau, spread = tau_of(run), spread_of(run)
    return {
        "log": run.head.log,
        "log_path": run.head.log_path,
        "run": run.head.run,
        "policy": run.policy,
        "kind": run.kind,
        "task_id": run.task,
        "epoch": run.epoch,
        "order_seed": _seed(run.head),
        "position": -1 if place is None else place,
        "uuid": sample.uuid,
        "task_text_hash": sample.digest,
        "set_hash": set_hash,
        "task": run.head.task,
        "task_version": run.head.task_version,
        "domain": _word(run, "domain"),
        "source": source_of(run),
        "bin": bin_of(run),
        "tau": math.nan if tau is None else tau,
        "tau_provenance": _word(run, "tau_provenance"),
        "tau_form": "" if spread is None else spread.form,
        "tau_low": math.nan if spread is None else spread.low,
        "tau_high": math.nan if spread is None else spread.high,
        "correct": run.score,
        "error": "" if run.scored else run.why,
        "seconds": math.nan if sample.seconds is None else float(sample.seconds),
        "agent": run.executor,
        "executed": _executed(record),
        "worked_instead": sample.worked_instead,
        "pool": sample.pool,
        "simulated": sample.simulated,
        "prices_hash": _digest(json.dumps(sample.prices, sort_keys=True)) if sample.prices else "",
        "answer_tokens": math.nan if sample.answer_tokens is None else float(sample.answer_tokens),
        "uncounted": run.uncounted,
        "ending": _ending(sample),
        "provisional": "" if record is None or not record.held else record.provisional_winner,
        "refined": record is not None and record.winner != record.provisional_winner,
        "n_refined": 0 if record is None else len(record.refined),
        "skipped": record is not None and not record.held,
        "tried": any(each.calibrated.learnt.instead for each in records if each.calibrated and each.calibrated.learnt),
        "calibrated": _calibrated(records),
        "visible": 0 if record is None else record.refinement.visible,
        "nearest_shown": nearest_shown(sample),
        "above_ceiling": sum(each.refinement.above_ceiling for each in records),
        "usd": run.usd,
        "tokens": run.tokens,
        **{f"usd_{phase}": run.usd_of(phase) if run.entries else _blank(phase) for phase in _OWN_PHASES},
        **{f"tokens_{phase}": float(run.tokens_of(phase)) if run.entries else _blank(phase) for phase in _OWN_PHASES},
    }


def _calibrated(records: Sequence[AuctionRecord]) -> str:
    made = [None if each.calibrated is None else each.calibrated.model_dump(mode="json") for each in records]
    return json.dumps(made) if any(made) else ""


def _ending(sample: SampleFacts) -> str:
    """One of `ENDINGS`; empty if the log keeps no messages."""
    if sample.limit:
        return "limit"
    if sample.tool_rounds is None or sample.error is not None:
        return ""
    if sample.unread_answer:
        return "format"
    return ("no tool", "one round", "went back")[min(sample.tool_rounds, 2)]


def _executed(record: AuctionRecord | None) -> str:
    """Who executed, in order, where an auction may escalate."""
    return "" if record is None or record.escalation is None else ", ".join(s.agent for s in record.escalation.steps)


def _blank(phase: Phase) -> float:
    """Of a sample without a recorded call: what it spent, it spent on execution, and nobody knows how much."""
    return math.nan if phase == "execute" else 0.0


def _bid_rows(run: PolicyRun, row: dict[str, Any]) -> list[dict[str, Any]]:
    names = ("log_path", "policy", "uuid", "task_id", "epoch", "order_seed", "position", "correct", "bin")
    about = {name: row[name] for name in names}
    about["tokens_execute"] = row["tokens_execute"]
    return [
        {**about, "auction": number, **_bid(bid, record)}
        for number, record in enumerate(run.sample.records)
        for bid in (*record.bids, *record.refined)
    ]


def _bid(bid: BidRecord, record: AuctionRecord) -> dict[str, Any]:
    given = [rating for rating in bid.ratings.values() if rating is not None]
    won_refined = record.winner != record.provisional_winner
    forecasts = () if record.calibrated is None else record.calibrated.decision.forecasts
    own = next((each for each in forecasts if each.agent == bid.agent), None)
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
        "logprob_entropy": math.nan if bid.logprob_entropy is None else bid.logprob_entropy,
        "text_entropy": bid.text_entropy,
        "eligible": bid.agent in record.refinement.eligible,
        "neighbours": len(record.refinement.neighbours),
        "p": math.nan if own is None else own.p,
        "expected_usd": math.nan if own is None else own.usd,
    }


def _log_row(head: LogHead, runs: Sequence[PolicyRun]) -> dict[str, Any]:
    first = next((run for run in runs if run.sample.ledger_policy), runs[0])
    records = next((run.sample.records for run in runs if run.sample.records), ())
    shared = records[0].model_dump(mode="json", exclude=_OF_ONE_AUCTION) if records else {}
    return {
        "log": head.log,
        "log_path": head.log_path,
        "status": head.status,
        "run": head.run,
        "eval_task_id": head.eval_task_id,
        "policy": runs[0].policy,
        "kind": runs[0].kind,
        "task": head.task,
        "task_version": head.task_version,
        "set_hash": set_hash(head, [run.sample.sample_id for run in runs]),
        "pool": first.sample.pool,
        "prices": json.dumps(first.sample.prices),
        "simulated": any(run.sample.simulated for run in runs),
        "created": head.created,
        "samples": len(runs),
        "planned": head.planned,
        "scored": sum(run.scored for run in runs),
        "errors": sum(run.sample.error is not None for run in runs),
        "epochs": head.epochs,
        "order_seed": _seed(head),
        "inspect_version": head.packages.get("inspect_ai", ""),
        "package_version": head.packages.get("sale-inspect", ""),
        "recipe": str(head.metadata.get("recipe", head.metadata.get("set", ""))),
        "coverage": json.dumps(head.metadata.get("coverage") or {}),
        "options": json.dumps(hidden_values(head.solver_args), default=str, sort_keys=True),
        "auction": json.dumps(shared) if shared else "",
    }


def _seed(head: LogHead) -> int:
    return -1 if head.order_seed is None else head.order_seed


def _word(run: PolicyRun, name: str) -> str:
    value = run.sample.metadata.get(name)
    return value if isinstance(value, str) else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def runs_of(tidy: Tidy) -> list[PolicyRun]:
    """The runs of an earlier report, with all that holds them against others: who, task, score, dollars, prices."""
    logs = {str(row["log_path"]): row for row in _rows(tidy.logs)}
    heads = {path: _head(row) for path, row in logs.items()}
    prices = {path: json_value(row["prices"] or "{}") for path, row in logs.items()}
    return [
        _run(row, heads[row["log_path"]], prices[row["log_path"]], str(logs[row["log_path"]]["pool"]))
        for row in _rows(tidy.samples)
    ]


def _rows(made: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in made.to_dict("records")]


def _head(row: dict[str, Any]) -> LogHead:
    return LogHead(
        log=str(row["log"]),
        log_path=str(row["log_path"]),
        status=str(row["status"]),
        run=str(row["run"]),
        eval_task_id=str(row["eval_task_id"]),
        created=str(row["created"]),
        task=str(row["task"]),
        task_version=str(row["task_version"]),
        set_hash=str(row["set_hash"]),
        epochs=int(row["epochs"]),
        samples_planned=int(row["planned"]),
        order_seed=None if row["order_seed"] < 0 else int(row["order_seed"]),
        packages={"inspect_ai": str(row["inspect_version"]), "sale-inspect": str(row["package_version"])},
    )


def _run(row: dict[str, Any], head: LogHead, prices: dict[str, Any], pool: str) -> PolicyRun:
    error = str(row["error"])
    unscored = math.isnan(row["correct"])
    why = error if error in ("", "invalidated") else f"error: {error}"
    single = row["kind"] in ("single", "other")
    return PolicyRun(
        head=head,
        sample=SampleFacts(
            sample_id=str(row["task_id"]),
            epoch=int(row["epoch"]),
            uuid=str(row["uuid"]),
            digest=str(row["task_text_hash"]),
            metadata={"bin": str(row["bin"]), "source": str(row["source"]), "tau": float(row["tau"])},
            error=error or None,
            agent=str(row["agent"]),
            worked_instead=str(row["worked_instead"]),
            pool=pool,
            simulated=bool(row["simulated"]),
            prices=prices,
            uncounted=_uncounted(int(row["uncounted"])),
        ),
        kind=row["kind"],
        policy=str(row["policy"]),
        agent_name=str(row["agent"]) if single else "",
        task=str(row["task_id"]),
        score=float(row["correct"]),
        why=why or ("not scored" if unscored else ""),
        entries=tuple(_entries(row)),
    )


def _uncounted(calls: int) -> tuple[UncountedCalls, ...]:
    return (UncountedCalls(model="", reason="see the earlier report's logs", calls=calls),) if calls else ()


def _entries(row: dict[str, Any]) -> Iterable[Entry]:
    if math.isnan(row["usd"]) and math.isnan(row["tokens"]):
        return
    for phase in _OWN_PHASES:
        usd, tokens = float(row[f"usd_{phase}"]), float(row[f"tokens_{phase}"])
        if phase == "execute" and math.isnan(row["usd"]):
            usd = math.nan
        if usd or tokens or phase == "execute":
            usage = TokenUsage(input=0 if math.isnan(tokens) else int(tokens))
            yield Entry(phase=phase, agent=str(row["agent"]), model="", calls=1, usage=usage, usd=usd, seconds=0.0)
