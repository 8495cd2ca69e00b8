"""The demo's text, its table, and the figures that the docs print of it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sale_inspect.pools import parse_pool
from sale_inspect.study import (
    INSIGHT,
    Decision,
    FastLine,
    OraclePoint,
    Standing,
    demo_pool,
    demo_table,
    demo_text,
    fast_demo,
    parse_study,
)
from sale_inspect.texts import aligned, markdown_rows

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
AGENTS = ("4b", "8b", "14b", "32b")


@cache
def fast() -> tuple[FastLine, ...]:
    return fast_demo(AGENTS)


@cache
def recorded() -> Decision:
    """The decision of the run that the docs print."""
    data: dict[str, Any] = json.loads((RESULTS / "demo" / "decision.json").read_text(encoding="utf-8"))
    return Decision(
        **{name: data[name] for name in ("use", "baseline", "tasks", "confidence", "simulated", "sentence")},
        standings=tuple(Standing(**each) for each in data["standings"]),
        oracle=OraclePoint(**data["oracle"]),
    )


def test_the_packaged_study_is_valid_and_its_agents_live_in_the_stated_world() -> None:
    study = parse_study(demo_text(), "demo.yaml")
    assert [policy.fit for policy in study.policies.sale] == ["none", "calibrated"]
    assert study.policies.sale[0].options == {"preset": "paper"}
    assert study.tasks[0].args["sandbox"] == "local"
    assert parse_study(demo_text(sandbox="docker", limit=3), "x").split.most_test == 3
    pool = parse_pool(demo_pool(), "pool.yaml")
    assert pool.names == AGENTS and pool.simulated
    assert {agent.model_args["insight"] for agent in pool.agents} == {INSIGHT}


def test_where_plans_show_nothing_uniform_weights_lose_and_the_calibrated_auction_does_not() -> None:
    """The simulation's own claim, 20,000 tasks: a standard error is 0.35 points."""
    lines = {line.policy: line for line in fast()}
    best = max((lines[f"{name} alone"] for name in AGENTS), key=lambda line: line.solved)
    assert best.policy == "32b alone"
    assert lines["sale-uniform"].solved < best.solved - 0.05
    assert lines["sale-calibrated"].solved > best.solved - 0.01
    assert all(line.solved < lines["oracle"].solved for line in lines.values() if line.policy != "oracle")


def test_a_policy_that_the_simulation_does_not_have_gets_a_dash() -> None:
    table = demo_table(recorded(), fast()[:1])
    row = next(row for row in table.sections[0] if row[0].startswith("wtp-knn"))
    assert row[4:] == ("-", "-")


@pytest.mark.parametrize("page", ["README.md", "docs/results/demo.md"])
def test_the_docs_print_the_demo_as_it_is_decided(page: str) -> None:
    table = demo_table(recorded(), fast())
    text = (ROOT / page).read_text(encoding="utf-8")
    rows = [row for section in table.sections for row in section]
    for line in markdown_rows(table.header, rows):
        assert line in text, line
    words = " ".join(re.sub(r"^> ?", "", text, flags=re.M).split())
    assert " ".join(recorded().sentence.split()) in words


def test_the_table_fits_80_columns() -> None:
    table = demo_table(recorded(), fast())
    rows = [row for section in table.sections for row in section]
    # A drawn table has three more characters a column than plain columns, less two, and two at its edges.
    widest = max(map(len, aligned(table.header, rows)))
    assert widest + len(table.header) + 3 <= 80
    assert len(table.title) <= 80
