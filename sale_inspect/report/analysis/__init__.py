"""Analyses of tidy data: tables, claims, the oracle, coalitions, judges, horizons. Pure: frames in, numbers out."""

from sale_inspect.report.analysis._ablations import RecordedAuction, Variant, ablations, variants_of
from sale_inspect.report.analysis._against import claims
from sale_inspect.report.analysis._alone import alone
from sale_inspect.report.analysis._analyse import Analyses, OracleResult, analyse, usual_baseline
from sale_inspect.report.analysis._by_memory import MemoryResult, memory_gain, results_by_memory
from sale_inspect.report.analysis._cells import ALL, Cell, bins_of, cells, policies_of
from sale_inspect.report.analysis._coalitions import AgentValue, agent_values
from sale_inspect.report.analysis._decision import Worth, cheapest_near_best, worths
from sale_inspect.report.analysis._estimates import TaskEstimate
from sale_inspect.report.analysis._failures import FailureCount, SameFailure, failure_counts, same_failures
from sale_inspect.report.analysis._human_time import (
    BinFigure,
    HorizonDrawn,
    HumanTimes,
    PassAtTime,
    TimedTasks,
    human_times,
    timed_tasks,
)
from sale_inspect.report.analysis._judges import JudgeQuality, judge_qualities
from sale_inspect.report.analysis._near import PolicyNearPast, policy_near_past
from sale_inspect.report.analysis._pairs import AgentPair, pairs
from sale_inspect.report.analysis._refinement import RefinementEffect, preset_of_policies, refinement_effects
from sale_inspect.report.analysis._routes import Escalation, Route, Share, escalations, routes, shares
from sale_inspect.report.analysis._spans import OrderSpread, PolicyHorizon, order_spreads, policy_horizons
from sale_inspect.report.analysis._tokens import TokenComparison, TokenUse, compare_tokens, token_uses

__all__ = [
    "ALL",
    "AgentPair",
    "AgentValue",
    "Analyses",
    "BinFigure",
    "Cell",
    "Escalation",
    "FailureCount",
    "HorizonDrawn",
    "HumanTimes",
    "JudgeQuality",
    "MemoryResult",
    "OracleResult",
    "OrderSpread",
    "PassAtTime",
    "PolicyHorizon",
    "PolicyNearPast",
    "RecordedAuction",
    "RefinementEffect",
    "Route",
    "SameFailure",
    "Share",
    "TaskEstimate",
    "TimedTasks",
    "TokenComparison",
    "TokenUse",
    "Variant",
    "Worth",
    "ablations",
    "agent_values",
    "alone",
    "analyse",
    "bins_of",
    "cells",
    "cheapest_near_best",
    "claims",
    "compare_tokens",
    "escalations",
    "failure_counts",
    "human_times",
    "judge_qualities",
    "memory_gain",
    "order_spreads",
    "pairs",
    "policies_of",
    "policy_horizons",
    "policy_near_past",
    "preset_of_policies",
    "refinement_effects",
    "results_by_memory",
    "routes",
    "same_failures",
    "shares",
    "timed_tasks",
    "token_uses",
    "usual_baseline",
    "variants_of",
    "worths",
]
