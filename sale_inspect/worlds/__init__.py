"""Policies against each other over many simulated worlds, where the truth is known. Pure; ours."""

from sale_inspect.worlds._answers import Escalated, SimulatedScorer, escalate
from sale_inspect.worlds._claims import CLAIM_WORLDS, EDGES, Claimed, ClaimWorld, claims_in, edge_is_claimed
from sale_inspect.worlds._data import dev_auctions, drawn_bids, drawn_facts, weights_data
from sale_inspect.worlds._fresh import Chosen, Fresh, Point, decide_all
from sale_inspect.worlds._gated import GATE_GOALS, gate_table
from sale_inspect.worlds._grid import GRID, WorldCase
from sale_inspect.worlds._learning import DRIFTS, learning_table
from sale_inspect.worlds._limit import Limit, limit_of
from sale_inspect.worlds._page import WorldRow, world_rows, worlds_page
from sale_inspect.worlds._policies import AUCS, KEEP, PREFERS, fitted_policies, unfitted_policies
from sale_inspect.worlds._run import PolicyRow, WorldResult, run_world
from sale_inspect.worlds._trust import trust_table

__all__ = [
    "AUCS",
    "CLAIM_WORLDS",
    "DRIFTS",
    "EDGES",
    "GATE_GOALS",
    "GRID",
    "KEEP",
    "PREFERS",
    "Chosen",
    "ClaimWorld",
    "Claimed",
    "Escalated",
    "Fresh",
    "Limit",
    "Point",
    "PolicyRow",
    "SimulatedScorer",
    "WorldCase",
    "WorldResult",
    "WorldRow",
    "claims_in",
    "decide_all",
    "dev_auctions",
    "drawn_bids",
    "drawn_facts",
    "edge_is_claimed",
    "escalate",
    "fitted_policies",
    "gate_table",
    "learning_table",
    "limit_of",
    "run_world",
    "trust_table",
    "unfitted_policies",
    "weights_data",
    "world_rows",
    "worlds_page",
]
