"""From runs to what the calibrated auction is fitted to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sale_inspect._errors import LogError
from sale_inspect.auction import AuctionRecord
from sale_inspect.calibrated import AuctionForm, DevAuctions, TaskFacts, bids_of, form_fault
from sale_inspect.options import REACT
from sale_inspect.routers import Features, Floats
from sale_inspect.runs._assemble import Runs
from sale_inspect.runs._fit import auctions_of, fit_data
from sale_inspect.runs._run import PolicyRun

__all__ = ["dev_auctions"]


def dev_auctions(runs: Runs, embed: Callable[[Sequence[str]], Features], *, allow_missing: bool = False) -> DevAuctions:
    """Auctions and every agent's outcomes on their tasks, as arrays; see `fit_data` for what counts as an outcome.

    Args:
        runs: The runs.
        embed: Makes unit embeddings of texts, (T, D).
        allow_missing: Drop tasks that not every agent has, with a note, instead of refusing.

    Raises:
        LogError: If there is no auction, auctions differ in pool or variant, or outcomes are missing.
    """
    data = fit_data(runs, need_outcomes=True, allow_missing=allow_missing)
    held: dict[tuple[str, int], tuple[PolicyRun, AuctionRecord]] = {}
    counts: Counter[str] = Counter()
    # `fit_data` numbers the auctions of a task in this order.
    auctions = auctions_of(runs)
    for run, record in sorted(auctions.held, key=lambda each: (each[0].task, each[1].epoch)):
        counts[run.task] += 1
        held[run.task, counts[run.task]] = run, record
    pairs = [held[task.task_id, task.instance] for task in data.tasks]
    texts = tuple(run.sample.text for run, _ in pairs)
    unlike = tuple(dict.fromkeys(texts))
    rows = {text: place for place, text in enumerate(unlike)}
    features = embed(unlike)[[rows[text] for text in texts]]
    without = sum(not text for text in texts)
    notes = [f"{without} auctions have no text of their task: nothing is similar to them."] if without else []
    return DevAuctions(
        pool=data.pool,
        agents=data.agents,
        prices=data.prices,
        strategy_tokens=data.strategy_tokens,
        tokenizer=data.tokenizer,
        entropy_kinds=data.entropy_kinds,
        ids=tuple(task.task_id for task in data.tasks),
        texts=texts,
        tasks=TaskFacts(
            features=features,
            letters=np.array([float(len(text)) for text in texts]),
            domains=tuple(str(run.sample.metadata.get("domain", "")) for run, _ in pairs),
        ),
        bids=bids_of(data.agents, [record for _, record in pairs]),
        solved=_outcomes(data.agents, [task.solved for task in data.tasks]),
        usd=_outcomes(data.agents, [task.usd for task in data.tasks]),
        overhead=np.array([task.usd_overhead for task in data.tasks]),
        simulated=data.simulated,
        notes=(*data.notes, *notes),
        form=_form(pairs, auctions.alone),
    )


def _outcomes(agents: Sequence[str], rows: Sequence[object]) -> Floats:
    return np.array([[row[agent] for agent in agents] for row in rows], dtype=np.float64)  # type: ignore[index]


def _form(pairs: Sequence[tuple[PolicyRun, AuctionRecord]], alone: Mapping[str, Sequence[PolicyRun]]) -> AuctionForm:
    """How the auctions were held, which is the same for all, and what the outcomes are of.

    Raises:
        LogError: If auctions were held in several ways.
    """
    ran = {_executor(run) for runs in alone.values() for run in runs}
    executor = next(iter(ran)) if len(ran) == 1 else ""
    first = AuctionForm.of_record(pairs[0][1], executor)
    for run, record in pairs:
        fault = form_fault(first, AuctionForm.of_record(record, executor))
        if fault:
            field = fault.split("`")[1].removeprefix("form.")
            raise LogError(
                f"Auctions were held in several ways: sample {run.task} epoch {run.epoch} of log {run.head.log_path} "
                f"has another {field} than the first one. Fit their logs one by one."
            )
    return first


def _executor(run: PolicyRun) -> str:
    given = run.head.solver_args
    return "task" if given.get("execute") == "task" else str(given.get("executor") or REACT)
