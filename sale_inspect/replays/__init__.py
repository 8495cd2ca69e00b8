"""Replay: what routing would have solved and spent, from recorded outcomes. Pure."""

from sale_inspect.replays._answer import ReplayAnswer
from sale_inspect.replays._evaluate import evaluate
from sale_inspect.replays._parts import (
    AgentResult,
    BinResult,
    CurvePoint,
    CurveResult,
    Estimate,
    PolicyResult,
    ReplayOptions,
    Rival,
)
from sale_inspect.replays._policy import Policy, PolicySetting, routed
from sale_inspect.replays._replay import Replay, replay_html, replay_json, replay_table, replay_text

__all__ = [
    "AgentResult",
    "BinResult",
    "CurvePoint",
    "CurveResult",
    "Estimate",
    "Policy",
    "PolicyResult",
    "PolicySetting",
    "Replay",
    "ReplayAnswer",
    "ReplayOptions",
    "Rival",
    "evaluate",
    "replay_html",
    "replay_json",
    "replay_table",
    "replay_text",
    "routed",
]
