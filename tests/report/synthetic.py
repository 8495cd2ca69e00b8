"""Tidy data that no run made: seeded, small or large, with the structure of real logs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from sale_inspect.report.tidy._tables import BID_COLUMNS, LOG_COLUMNS, SAMPLE_COLUMNS, Tidy, frame

__all__ = ["PRICES", "synthetic_tidy"]

PRICES = {"4b": 0.05, "8b": 0.1, "14b": 0.2, "32b": 0.4}
"""Blended prices, dollars per million tokens."""
_HIGHS = (0.1, 0.5, 2.5, 12.5, 60.0)
_SKILL = {"4b": 0.0, "8b": 0.8, "14b": 1.5, "32b": 2.4}


def synthetic_tidy(
    *,
    tasks: int = 40,
    epochs: int = 1,
    order_seeds: tuple[int, ...] = (0,),
    agents: tuple[str, ...] = ("4b", "8b", "14b", "32b"),
    routers: tuple[str, ...] = ("wtp-knn",),
    sale: tuple[str, ...] = ("SALE",),
    simulated: bool = True,
    seed: int = 0,
) -> Tidy:
    """SALE, each agent alone and routers on the same tasks, each run once for an order seed.

    Args:
        tasks: Number of tasks, spread over the five bins.
        epochs: Epochs of a run.
        order_seeds: One log a policy for each.
        agents: Agents of the pool, of `PRICES`.
        routers: Names of routers.
        sale: Names of SALE policies.
        simulated: What the logs say of the agents.
        seed: Seed of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    about = [_task(number, rng) for number in range(tasks)]
    policies = [(name, "sale") for name in sale] + [(f"{name} alone", "single") for name in agents]
    policies += [(name, "router") for name in routers]
    samples: list[dict[str, Any]] = []
    bids: list[dict[str, Any]] = []
    logs: list[dict[str, Any]] = []
    for policy, kind in policies:
        for order in order_seeds:
            log = f"{policy.replace(' ', '-').replace(',', '')}-{order}.eval"
            logs.append(_log(log, policy, kind, order, tasks, epochs, agents, simulated))
            order_rng = np.random.default_rng(order)
            for epoch in range(1, epochs + 1):
                for position, number in enumerate(order_rng.permutation(tasks)):
                    own = {**logs[-1], **about[number], "epoch": epoch, "position": position}
                    own |= {"uuid": f"{log}/{number}/{epoch}", "prices_hash": "prices"}
                    row, made = _sample(own, kind, policy, agents, rng)
                    samples.append(row)
                    bids += made
    return Tidy(
        samples=frame(samples, SAMPLE_COLUMNS), bids=frame(bids, BID_COLUMNS), logs=frame(logs, LOG_COLUMNS)
    )  # fmt: skip


def _task(number: int, rng: np.random.Generator) -> dict[str, Any]:
    place = number % 5
    low = _HIGHS[place - 1] if place else 0.01
    tau = float(np.exp(rng.uniform(np.log(low), np.log(_HIGHS[place]))))
    return {
        "task_id": f"task-{number}",
        "task_text_hash": hashlib.sha256(str(number).encode()).hexdigest(),
        "bin": f"b{place + 1}",
        "tau": tau,
        "tau_provenance": ("measured", "estimated", "bin-prior")[number % 3],
        "domain": "coding",
        "source": ("mbpp", "leetcode")[number % 2],
    }


def _log(
    log: str, policy: str, kind: str, order: int, tasks: int, epochs: int, agents: tuple[str, ...], simulated: bool
) -> dict[str, Any]:
    prices = {
        name: {"input": PRICES[name], "output": PRICES[name], "cache_read": 0.0, "cache_write": 0.0,
               "as_of": "2026-02-01", "source": "made up"}
        for name in agents
    }  # fmt: skip
    shared = {
        "pool": "sim", "simulated": simulated, "agents": agents, "prices": {name: PRICES[name] for name in agents},
        "weights": {"price": 0.25, "entropy": 0.25, "judges": dict.fromkeys(agents, 0.5 / len(agents)),
                    "origin": "uniform"},
        "strategy_tokens": 300, "tokenizer": "words", "entropy_kind": "text", "jury_mode": "individual", "seed": 0,
        "prompts": {}, "embedder": "hashing", "memory": "run",
    }  # fmt: skip
    return {
        "log": log, "log_path": f"logs/{log}", "status": "success", "run": f"run-{log}", "eval_task_id": f"id-{log}",
        "policy": policy, "kind": kind, "task": "sale_inspect/hst_coding", "task_version": "1", "set_hash": "set",
        "pool": "sim", "prices": json.dumps(prices), "simulated": simulated,
        "created": f"2026-11-01T00:00:{order:02d}+00:00", "samples": tasks * epochs, "planned": tasks * epochs,
        "scored": tasks * epochs, "errors": 0, "epochs": epochs, "order_seed": order, "inspect_version": "0.3.285",
        "package_version": "0.1.0", "recipe": "hst-bench 1",
        "coverage": json.dumps({f"b{n}": f"{tasks // 5} of {tasks // 5}" for n in range(1, 6)}),
        "options": json.dumps({"pool": "sim"}), "auction": json.dumps(shared) if kind == "sale" else "",
    }  # fmt: skip


def _sample(
    own: dict[str, Any], kind: str, policy: str, agents: tuple[str, ...], rng: np.random.Generator
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    provisional, refined = "", False
    bids: list[dict[str, Any]] = []
    if kind == "single":
        agent = policy.removesuffix(" alone")
    elif kind == "router":
        agent = str(rng.choice(agents))
    else:
        provisional, agent, bids = _auction(own, agents, rng)
        refined = agent != provisional
    easy = 1.5 + _SKILL[agent] - 0.7 * np.log2(own["tau"] + 0.05)
    correct = float(rng.random() < 1 / (1 + np.exp(-easy)))
    spent = float(200 + 150 * np.log1p(own["tau"]) + rng.integers(0, 50))
    tokens = {"bid": 0.0, "jury": 0.0, "refine": 0.0, "execute": spent}
    if kind == "sale":
        tokens |= {"bid": 40.0, "jury": 90.0, "refine": 25.0 if refined else 0.0}
    usd = {phase: count * PRICES[agent] / 1e6 for phase, count in tokens.items()}
    row = {
        **own,
        "correct": correct, "agent": agent, "provisional": provisional, "refined": refined,
        "usd": sum(usd.values()), "tokens": sum(tokens.values()), "seconds": spent / 50, "answer_tokens": spent / 4,
        **{f"usd_{phase}": value for phase, value in usd.items()},
        **{f"tokens_{phase}": value for phase, value in tokens.items()},
        "n_refined": sum(bid["refined"] for bid in bids), "visible": own["position"] if kind == "sale" else 0,
        "nearest_shown": 0.5 + 0.05 * (own["position"] % 10) if kind == "sale" else float("nan"),
    }  # fmt: skip
    return row, [{**bid, "correct": correct, "tokens_execute": spent} for bid in bids]


def _auction(
    own: dict[str, Any], agents: tuple[str, ...], rng: np.random.Generator
) -> tuple[str, str, list[dict[str, Any]]]:
    """The provisional winner, the winner and the bids; z = C - V holds for every bid."""
    bids = [_bid(own, agent, False, agents, rng) for agent in agents]
    first = min(bids, key=lambda bid: float(bid["z"]))
    cheaper = [agent for agent in agents if PRICES[agent] < PRICES[first["agent"]]]
    bids += [_bid(own, agent, True, agents, rng) for agent in cheaper]
    best = min((bid for bid in bids if bid["refined"]), key=lambda bid: float(bid["z"]), default=first)
    won = best if best["z"] < first["z"] else first
    first["provisional"], won["winner"] = True, True
    for bid in bids:
        bid["eligible"], bid["neighbours"] = bid["agent"] in cheaper, 8
    return first["agent"], won["agent"], bids


def _bid(
    own: dict[str, Any], agent: str, refined: bool, agents: tuple[str, ...], rng: np.random.Generator
) -> dict[str, Any]:
    length = int(20 + 30 * np.log1p(own["tau"]) + rng.integers(0, 20))
    ratings = {judge: int(np.clip(rng.normal(2.5 + 0.5 * _SKILL[agent], 1), 0, 5)) for judge in agents}
    mean, entropy = float(np.mean(list(ratings.values()))), float(rng.uniform(0.2, 0.8))
    price_length = PRICES[agent] / max(PRICES[name] for name in agents) * length / 300
    cost, value = 0.25 * price_length, 0.25 * entropy + 0.5 * mean / 5
    return {
        **{name: own[name] for name in ("uuid", "log_path", "policy", "task_id", "epoch", "order_seed", "position",
                                        "bin")},
        "agent": agent, "refined": refined, "z": cost - value, "cost": cost, "value": value, "length": length,
        "entropy": entropy, "rating_mean": mean, "ratings": json.dumps(ratings), "usd_per_mtok": PRICES[agent],
        "price_length": price_length, "logprob_entropy": float("nan"), "text_entropy": entropy,
        "provisional": False, "winner": False,
    }  # fmt: skip
