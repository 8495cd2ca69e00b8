"""What a simulated agent does with a task: how long it thinks, and whether it is right."""

from __future__ import annotations

import math

from sale_inspect.bench import TaskItem
from sale_inspect.sim._plans import quality
from sale_inspect.sim._skill import probability, shown_chance, unit_draw, would_succeed
from sale_inspect.sim._world import World

__all__ = ["THINKING_TOKENS", "solves", "thinking_tokens", "top_logprobs"]

# Simulated reasoning tokens of a whole trace: the paper speaks of tens of thousands to millions a task.
THINKING_TOKENS = {"b1": 2_000, "b2": 8_000, "b3": 30_000, "b4": 100_000, "b5": 300_000}
_PLAN_BONUS = 1.0
_PLAIN = World()


def thinking_tokens(agent: str, item: TaskItem, seed: int) -> int:
    """Simulated reasoning tokens of the agent's whole trace on the task."""
    return int(THINKING_TOKENS[item.bin] * (0.75 + 0.5 * unit_draw(seed, agent, item.id)))


def solves(agent: str, item: TaskItem, plan: str, seed: int, world: World = _PLAIN) -> bool:
    """Whether the agent solves the task with this plan. A plan better than its author's usual one helps a little.

    Args:
        agent: Who executes.
        item: The task.
        plan: The plan; empty for none.
        seed: Seed of the simulation.
        world: What plans show. What a plan shows of the agent's draw is no bonus: the draw itself counts it.
    """
    usual = shown_chance(agent, item.id, item.domain, item.tau_minutes, seed, world)
    bonus = max(0.0, _PLAN_BONUS * (quality(plan) - usual))
    chance = probability(agent, item.domain, item.tau_minutes, bonus)
    return would_succeed(agent, item.id, item.domain, chance, seed)


def top_logprobs(agent: str, text: str, k: int) -> list[list[float]]:
    """Top-k natural log-probabilities of each word: a geometric shape that differs a little between plans."""
    base = 0.35 + 0.3 * unit_draw("entropy", agent, text)
    shapes = [_shape(min(0.9, base + 0.05 * (step % 5)), k) for step in range(5)]
    return [shapes[number % 5] for number, _ in enumerate(text.split())]


def _shape(ratio: float, k: int) -> list[float]:
    return [math.log((1.0 - ratio) * ratio**i) for i in range(k)]
