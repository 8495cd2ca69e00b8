"""What a fit found, as it is written to a weights file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "CrossValidation",
    "DevValue",
    "Ending",
    "FrontierPoint",
    "Frozen",
    "KeepPass",
    "MinmaxReport",
    "Outcome",
    "OutcomeReport",
    "WeightValues",
]

Ending = Literal["optimal", "time limit", "solver failure"]
"""How the search for minmax weights ended."""

# Sums in another order differ in the last digits: all solved must be 1.
Share = Annotated[float, AfterValidator(lambda value: round(value, 12))]

_SUM_TOLERANCE = 1e-6


class Frozen(BaseModel):
    """Strict and immutable, as all records of this package are."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class WeightValues(Frozen):
    """Weights that are at least 0 and sum to 1."""

    price: float = Field(ge=0)
    entropy: float = Field(ge=0)
    judges: dict[str, float]

    @model_validator(mode="after")
    def _on_the_simplex(self) -> WeightValues:
        negative = [judge for judge, value in self.judges.items() if value < 0]
        if negative:
            raise ValueError(f"the weight of judge {negative[0]!r} is negative")
        total = self.price + self.entropy + sum(self.judges.values())
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise ValueError(f"the weights sum to {total:.6g}, not to 1")
        return self


class Outcome(Frozen):
    """pass@1 in [0, 1] and dollars per task, auction included, as means over tasks."""

    pass_rate: Share
    usd: float


class DevValue(Outcome):
    """An outcome on the dev set, and the share of auctions that each agent wins."""

    wins: dict[str, float]


class FrontierPoint(Outcome):
    """A reachable outcome that no other one beats in both pass@1 and dollars, with weights that reach it."""

    weights: WeightValues


class CrossValidation(Outcome):
    """Out-of-fold outcome: each task is decided by weights that were fitted without it.

    Attributes:
        pass_stderr: Standard error of pass@1 over tasks.
        usd_stderr: Standard error of dollars per task over tasks.
        folds: Number of folds.
        fold_pass_rates: Out-of-fold pass@1 of each fold.
        folds_not_kept: Folds in which no weights kept the pass@1 that was asked for.
    """

    pass_stderr: float
    usd_stderr: float
    folds: int
    fold_pass_rates: tuple[Share, ...]
    folds_not_kept: int = 0


class KeepPass(Frozen):
    """Whether weights keep a share of the best agent's dev pass@1.

    Attributes:
        share: The share that was asked for.
        confidence: One-sided confidence that was asked for.
        best_agent: The agent with the highest dev pass@1; dollars, then pool order break ties.
        best_pass_rate: Its dev pass@1.
        reached: Whether weights are certified: half of the tasks chose them, the others certify them.
        difference: pass@1 of the weights that were tested (the chosen ones, if reached) - share * pass@1 of the agent
            that they keep least of, on the tasks that certify.
        lower_bound: Its lower confidence bound, see `stats.kept_bounds`.
        tasks: Tasks that certify.
        needed: Tasks in all that would certify weights like these with a chance of 80%; None if reached, or if no
            number would.
    """

    share: float
    confidence: float
    best_agent: str
    best_pass_rate: Share
    reached: bool
    difference: float
    lower_bound: float
    tasks: int = 0
    needed: int | None = None
    resamples: int = Field(default=0, description="Of files of earlier versions.")


class OutcomeReport(Frozen):
    """How `outcome` weights were found.

    Attributes:
        candidates: Weight vectors that were compared; no two of them select alike.
        cross_validation: The honest value beside the dev value; None with a single task.
        keep: What became of `keep_pass`, if it was given.
        frontier: Reachable outcomes, cheapest first.
        uniform: Equal weights, which nothing was fitted for: what a fit must beat out of fold.
        agents: Each agent alone, without an auction.
        oracle: The cheapest agent that solves each task, else the cheapest, without an auction.
    """

    candidates: int
    cross_validation: CrossValidation | None
    keep: KeepPass | None
    frontier: tuple[FrontierPoint, ...]
    uniform: Outcome
    agents: dict[str, Outcome]
    oracle: Outcome


class MinmaxReport(Frozen):
    """How well the paper's program was solved.

    Attributes:
        worst_z: Q = max over tasks of the selected bid's z at the weights, by the auction's rule.
        program_worst_z: Q of the linear program; differs from `worst_z` only through abstentions.
        lower_bound: No weights have a lower `program_worst_z`.
        gap: program_worst_z - lower_bound.
        status: `optimal` (the gap is the solver's tolerance); or why the gap was not closed: the time limit,
            or an error of the solver.
        tasks: Auctions of the program.
        variables: Variables of the whole program: weights, one binary for each bid, Q.
        tasks_in_last_round: Tasks of the last program that was solved. Tasks are added one by one, the
            one that the weights so far do worst on; the bound holds for the whole program.
        abstentions: Bids of which some judges' ratings are missing, so that their z is linearised.
    """

    worst_z: float
    program_worst_z: float
    lower_bound: float
    gap: float
    status: Ending
    tasks: int
    variables: int
    tasks_in_last_round: int
    abstentions: int
