"""Replay: what routing would have solved and spent, from recorded outcomes. Pure."""

from sale_inspect.replay._compare import FEWEST
from sale_inspect.replay._evaluate import evaluate
from sale_inspect.replay._policy import Policy, PolicySetting, routed
from sale_inspect.replay._replay import (
    AgentResult,
    BinResult,
    Comparison,
    CurvePoint,
    CurveResult,
    Estimate,
    PolicyResult,
    Replay,
    ReplayOptions,
    Rival,
    Verdict,
    replay_json,
)
from sale_inspect.replay._text import replay_text

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
    "replay_json",
    "replay_text",
    "routed",
]
