"""The simulator behind `hst-sim/...`: for demos, tests and mechanism studies without keys.

A simulated agent is not a model. Everything that it yields is marked simulated.
"""

from sale_inspect.sim._acting import THINKING_TOKENS, solves, thinking_tokens, top_logprobs
from sale_inspect.sim._answer_key import KnownTask, find_task
from sale_inspect.sim._answers import answer_reply
from sale_inspect.sim._judge import SOUND, ShownPlan, Weakness, judge_reply, shown_plans, swayed_rating
from sale_inspect.sim._plans import REFINEMENT_GAIN, quality, rate, write_plan
from sale_inspect.sim._skill import (
    AGENTS,
    PLACES,
    Curve,
    curve,
    curve_at,
    probability,
    shown_chance,
    unit_draw,
    would_succeed,
)
from sale_inspect.sim._world import JUDGE_NOISE, PLAN_NOISE, SHARED, World

__all__ = [
    "AGENTS",
    "JUDGE_NOISE",
    "PLACES",
    "PLAN_NOISE",
    "REFINEMENT_GAIN",
    "SHARED",
    "SOUND",
    "THINKING_TOKENS",
    "Curve",
    "KnownTask",
    "ShownPlan",
    "Weakness",
    "World",
    "answer_reply",
    "curve",
    "curve_at",
    "find_task",
    "judge_reply",
    "probability",
    "quality",
    "rate",
    "shown_chance",
    "shown_plans",
    "solves",
    "swayed_rating",
    "thinking_tokens",
    "top_logprobs",
    "unit_draw",
    "would_succeed",
    "write_plan",
]
