"""How likely a simulated agent is to solve a task: a curve that falls with human time.

P(success) = 1 / (1 + exp(-(level - slope * log2(tau)))), tau in minutes, one (level, slope) for each
agent and domain. The four agents are calibrated on what is public of the paper's pool:

- `32b`: its pass@1 over HST-BENCH's bin counts is the paper's (63.8 % deep search, 58.4 % coding),
  taking each bin at its geometric midpoint, with 20 % in the last bin (ours: the paper's oracle
  solves 25.0 % and 34.2 % there, so its largest agent solves less).
- `4b`: 87 % (deep search) and 92 % (coding) of `32b` in the first bin, 25 % and 17 % in the last (paper).
- `8b` and `14b`: level and slope on the straight line between the two over log2 of size (ours).

Failures of agents on one task are correlated: a Gaussian copula with correlation 0.5 (ours) lets a
perfect router reach 76 % and 70 %, near the paper's oracle (77.9 % and 68.4 %).

Nothing here is a measurement of any model.
"""

from __future__ import annotations

import hashlib
import math
from statistics import NormalDist
from typing import NamedTuple

__all__ = ["AGENTS", "CORRELATION", "Curve", "curve", "probability", "unit_draw", "would_succeed"]

CORRELATION = 0.5
_NORMAL = NormalDist()


class Curve(NamedTuple):
    """Log-odds of success at tau = 1 minute, and what each doubling of tau takes away."""

    level: float
    slope: float


AGENTS: dict[str, float] = {"4b": 4.0, "8b": 8.0, "14b": 14.0, "32b": 32.0}
"""Size in billions of parameters of each simulated agent."""

_SMALLEST = {"deep_search": Curve(-0.7216, 0.4655), "coding": Curve(-0.7658, 0.5405)}
_LARGEST = {"deep_search": Curve(0.5586, 0.4073), "coding": Curve(0.5405, 0.4035)}


def curve(agent: str, domain: str) -> Curve:
    """The curve of an agent, on the line between `4b` and `32b` over log2 of size.

    Raises:
        KeyError: If no simulated agent has that name.
    """
    part = math.log2(AGENTS[agent] / 4.0) / 3.0
    low, high = _SMALLEST[domain], _LARGEST[domain]
    return Curve(low.level + part * (high.level - low.level), low.slope + part * (high.slope - low.slope))


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


def would_succeed(agent: str, item_id: str, chance: float, seed: int) -> bool:
    """Whether the agent solves the task: a draw with the given chance, correlated between agents."""
    shared = _NORMAL.inv_cdf(unit_draw(seed, "task", item_id))
    own = _NORMAL.inv_cdf(unit_draw(seed, "agent", agent, item_id))
    draw = _NORMAL.cdf(math.sqrt(CORRELATION) * shared + math.sqrt(1.0 - CORRELATION) * own)
    return draw < chance
