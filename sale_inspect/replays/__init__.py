"""Replay: what routing would have solved and spent, from recorded outcomes. Pure."""

from sale_inspect.replays._compare import FEWEST
from sale_inspect.replays._evaluate import evaluate
from sale_inspect.replays._parts import (
    AgentResult,
    BinResult,
    Comparison,
    CurvePoint,
    CurveResult,
    Estimate,
    PolicyResult,
    ReplayOptions,
    Rival,
    Verdict,
)
from sale_inspect.replays._policy import Policy, PolicySetting, routed
from sale_inspect.replays._replay import Replay, replay_html, replay_json, replay_text

__all__ = [
    "FEWEST",
    "AgentResult",
    "BinResult",
    "Comparison",
    "CurvePoint",
    "CurveResult",
    "Estimate",
    "Policy",
    "PolicyResult",
    "PolicySetting",
    "Replay",
    "ReplayOptions",
    "Rival",
    "Verdict",
    "evaluate",
    "replay_html",
    "replay_json",
    "replay_text",
    "routed",
]
