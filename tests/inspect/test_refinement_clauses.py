"""Every clause of refinement, checked on all records of evaluations with different pools and seeds."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_deep_search
from sale_inspect.auction import AuctionRecord
from sale_inspect.pools import load_pool
from tests.inspect.conftest import RunEval

# The price of one agent equals another's; the strongest is the cheapest; the order of the pool is not that of price.
PRICES = (
    {"4b": 0.05, "8b": 0.09, "14b": 0.16, "32b": 0.36},
    {"4b": 0.09, "8b": 0.09, "14b": 0.09, "32b": 0.36},
    {"4b": 0.36, "8b": 0.16, "14b": 0.09, "32b": 0.05},
)


def records(run_eval: RunEval, folder: Path, prices: dict[str, float], seed: int) -> list[AuctionRecord]:
    data = load_pool("sim").model_dump(mode="json")
    for agent in data["agents"]:
        agent["price"] |= {"input": prices[agent["name"]], "output": prices[agent["name"]]}
        agent["model_args"] = {"seed": seed}
    data["agents"] = data["agents"][seed % 4 :] + data["agents"][: seed % 4]
    path = folder / "pool.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    log = run_eval(hst_deep_search(set="mini", sandbox="local"), sale(pool=str(path), seed=seed))
    assert log.status == "success" and log.samples is not None
    found = [read(sample).auction for sample in log.samples]
    return [record for record in found if record is not None]


@pytest.fixture(params=range(len(PRICES)), ids=("rising", "equal", "falling"))
def held(request: pytest.FixtureRequest, run_eval: RunEval, tmp_path: Path) -> list[AuctionRecord]:
    return records(run_eval, tmp_path, PRICES[request.param], seed=request.param)


def test_every_clause_holds_in_every_record(held: list[AuctionRecord]) -> None:
    assert len(held) == 40
    refined_at_all = 0
    for record in held:
        z = {bid.agent: bid.z for bid in record.bids}
        order = (*record.agents,)
        first = min(z, key=lambda agent: (z[agent], record.prices[agent], order.index(agent)))
        assert record.provisional_winner == first
        cheaper = {agent for agent in record.agents if record.prices[agent] < record.prices[first]}
        assert set(record.refinement.eligible) == cheaper
        refined = {bid.agent: bid.z for bid in record.refined}
        assert set(refined) <= cheaper & set(z)
        if not cheaper:
            assert not refined and record.winner == first
        if record.position == 0:
            assert not refined and record.refinement.visible == 0
        best = min(refined, key=lambda agent: (refined[agent], record.prices[agent], order.index(agent)), default=None)
        expected = best if best is not None and refined[best] < z[first] else first
        assert record.winner == expected
        assert record.winning_bid.z <= z[first]
        assert record.winning_bid.refined is (record.winner != first)
        assert len(record.refinement.neighbours) <= 8
        refined_at_all += bool(refined)
    # With rising prices the dear agents lead often, so that the clauses were really at work.
    if held[0].prices["32b"] == 0.36 and held[0].prices["4b"] == 0.05:
        assert refined_at_all >= 10
        assert any(record.winner != record.provisional_winner for record in held)
        assert any(record.refined and record.winner == record.provisional_winner for record in held)
