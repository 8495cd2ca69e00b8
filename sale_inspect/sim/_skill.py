"""How likely a simulated agent is to solve a task: a curve that falls with human time.

P(success) = 1 / (1 + exp(-(level - slope * log2(tau)))), tau in minutes, one (level, slope) for each
agent and domain. The four agents are calibrated on what is public of the paper's pool:

- `32b`: its pass@1 over HST-BENCH's bin counts is the paper's (63.8 % deep search, 58.4 % coding),
  taking each bin at its geometric midpoint, with 20 % in the last bin (ours: the paper's oracle
  solves 25.0 % and 34.2 % there, so its largest agent solves less).
- `4b`: 87 % (deep search) and 92 % (coding) of `32b` in the first bin, 25 % and 17 % in the last (paper).
- `8b` and `14b`: level and slope on the straight line between the two over log2 of size (ours).

Failures of agents on one task are correlated (`sim/_world.py`), so much that a perfect router reaches what the paper's
oracle does over all bins: 77.9 % and 68.4 %, 14.1 and 10.0 points above `32b`.

Nothing here is a measurement of any model.
"""

from __future__ import annotations

import hashlib
import math
from statistics import NormalDist
from typing import NamedTuple

from sale_inspect.sim._world import World

__all__ = [
    "AGENTS",
    "PLACES",
    "Curve",
    "curve",
    "curve_at",
    "probability",
    "shown_chance",
    "unit_draw",
    "would_succeed",
]

_NORMAL = NormalDist()
_WORLD = World()


class Curve(NamedTuple):
    """Log-odds of success at tau = 1 minute, and what each doubling of tau takes away."""

    level: float
    slope: float


AGENTS: dict[str, float] = {"4b": 4.0, "8b": 8.0, "14b": 14.0, "32b": 32.0}
"""Size in billions of parameters of each simulated agent."""

PLACES: dict[str, float] = {agent: math.log2(size / 4.0) / 3.0 for agent, size in AGENTS.items()}
"""Where each agent stands between the smallest (0) and the largest (1), by the logarithm of its size."""

_SMALLEST = {"deep_search": Curve(-0.7216, 0.4655), "coding": Curve(-0.7658, 0.5405)}
_LARGEST = {"deep_search": Curve(0.5586, 0.4073), "coding": Curve(0.5405, 0.4035)}


def curve(agent: str, domain: str) -> Curve:
    """The curve of an agent, on the line between `4b` and `32b` over log2 of size.

    Raises:
        KeyError: If no simulated agent has that name.
    """
    return curve_at(PLACES[agent], domain)


def curve_at(place: float, domain: str) -> Curve:
    """The curve of an agent that stands at a place between `4b` (0) and `32b` (1)."""
    low, high = _SMALLEST[domain], _LARGEST[domain]
    return Curve(low.level + place * (high.level - low.level), low.slope + place * (high.slope - low.slope))


def probability(agent: str, domain: str, tau_minutes: float, bonus: float = 0.0) -> float:
    """P(success) of an agent on a task.

    Args:
        agent: Name of the agent.
        domain: `coding` or `deep_search`.
        tau_minutes: Human time in minutes.
        bonus: Added to the log-odds, for instance for a better plan.
    """
    level, slope = curve(agent, domain)
    return 1.0 / (1.0 + math.exp(-(level + bonus - slope * math.log2(tau_minutes))))


def unit_draw(*key: object) -> float:
    """A number in (0, 1) that depends on the key and nothing else."""
    digest = hashlib.sha256("\0".join(str(part) for part in key).encode()).digest()
    return (int.from_bytes(digest[:7], "big") + 0.5) / 2**56


def would_succeed(agent: str, item_id: str, domain: str, chance: float, seed: int) -> bool:
    """Whether the agent solves the task: a draw with the given chance, correlated between agents.

    It depends on no world: what plans show changes bids and ratings, never who would solve what.
    """
    draw = _WORLD.draw(_normal(seed, "task", item_id), _own(seed, agent, item_id), domain)
    return _NORMAL.cdf(draw) < chance


def shown_chance(agent: str, item_id: str, domain: str, tau_minutes: float, seed: int, world: World) -> float:
    """The chance of success that the agent's plan shows: P(success | what the plan shows).

    Args:
        agent: Name of the agent.
        item_id: The task.
        domain: `coding` or `deep_search`.
        tau_minutes: Human time in minutes.
        seed: Seed of the simulation.
        world: What plans show. With an insight of 0, the chance by agent, domain and human time.
    """
    chance = probability(agent, domain, tau_minutes)
    if world.insight == 0.0:
        return chance
    misfit = world.misfit(_own(seed, agent, item_id), _normal(seed, "misfit", agent, item_id))
    seen = world.seen(misfit, _normal(seed, "seen", agent, item_id))
    return _NORMAL.cdf(world.shown(_NORMAL.inv_cdf(chance), seen, domain))


def _own(seed: int, agent: str, item_id: str) -> float:
    return _normal(seed, "agent", agent, item_id)


def _normal(*key: object) -> float:
    return _NORMAL.inv_cdf(unit_draw(*key))
