"""The record of one routed task: who was chosen, on what grounds, and who ran."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from sale_inspect.routers._live import AgentChoice
from sale_inspect.texts import fmt_rate, fmt_usd, markdown

__all__ = ["RoutingRecord", "StepRecord", "choice_fields", "routing_card"]


class StepRecord(BaseModel):
    """One run of an agent.

    Attributes:
        agent: Who ran.
        accepted: Whether its answer was taken.
        probability: Predicted probability that the answer is correct; None where nothing judged it.
        threshold: The least probability that is accepted.
    """

    model_config = ConfigDict(frozen=True)

    agent: str
    accepted: bool
    probability: float | None = None
    threshold: float | None = None


class RoutingRecord(BaseModel):
    """What a router decided on one task.

    Attributes:
        router: Its name in the catalog.
        file: Name of its file, or "" for a router that needs no training.
        data: Hash of the outcomes it was trained on, or "".
        knob: Name of its knob, or "".
        value: The knob's value; None without a knob.
        agents: The agents in the order of its columns.
        chosen: The agent whose answer counts.
        utility: What the router maximised, by agent; None where it has no such number.
        predicted_correct: Expected pass@1 by agent, if it predicts that.
        predicted_usd: Expected dollars by agent, if it predicts them.
        drawn: Whether the choice was drawn by task id and seed.
        steps: The runs that were made, in order.
        explanation: Why, in words.
        embedder: Name of the embedding of the task's text, or "none".
        pool: Name of the pool.
        simulated: Whether the pool is simulated.
        unlearnt_bin: The task's bin, if the file learnt nothing of it; else "".
    """

    model_config = ConfigDict(frozen=True)

    router: str
    file: str
    data: str
    knob: str
    value: float | None
    agents: tuple[str, ...]
    chosen: str
    utility: dict[str, float | None] = {}
    predicted_correct: dict[str, float] = {}
    predicted_usd: dict[str, float] = {}
    drawn: bool = False
    steps: tuple[StepRecord, ...]
    explanation: str
    embedder: str
    pool: str
    simulated: bool
    unlearnt_bin: str = ""


def choice_fields(choice: AgentChoice) -> dict[str, Any]:
    """The fields of a record that come from the choice."""
    return {
        "chosen": choice.agent,
        "drawn": choice.drawn,
        "utility": dict(choice.utility),
        "predicted_correct": dict(choice.probabilities),
        "predicted_usd": dict(choice.dollars),
        "explanation": choice.reason,
    }


def routing_card(record: RoutingRecord) -> str:
    """The record as Markdown for the transcript and the score."""
    knob = "" if record.value is None else f", {record.knob} = {record.value:.6g}"
    lines = [
        f"**{markdown(record.router)}{markdown(knob)}: {markdown(record.chosen)}**"
        + (" (simulated agents)" if record.simulated else ""),
        "",
        markdown(record.explanation),
        "",
    ]
    if record.unlearnt_bin:
        lines += [f"Nothing was learnt of bin {markdown(record.unlearnt_bin)}: no task of it was trained on.", ""]
    if record.predicted_correct or any(value is not None for value in record.utility.values()):
        lines += ["| agent | expected pass@1 | expected $ | utility |", "|---|---:|---:|---:|"]
        lines += [_row(record, agent) for agent in record.agents] + [""]
    if len(record.steps) > 1 or any(step.probability is not None for step in record.steps):
        lines += ["| run | predicted correct | accepted from | accepted |", "|---|---:|---:|---|"]
        lines += [
            f"| {markdown(step.agent)} | {_number(step.probability)} | {_number(step.threshold)} | "
            f"{'yes' if step.accepted else 'no'} |"
            for step in record.steps
        ]
    return "\n".join(lines).strip()


def _row(record: RoutingRecord, agent: str) -> str:
    correct, dollars = record.predicted_correct.get(agent), record.predicted_usd.get(agent)
    name = f"**{markdown(agent)}**" if agent == record.chosen else markdown(agent)
    return (
        f"| {name} | {'-' if correct is None else fmt_rate(correct)} | {'-' if dollars is None else fmt_usd(dollars)} "
        f"| {_number(record.utility.get(agent))} |"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
