"""Strategic bids and ratings: what agents might do to win an auction, and what an auction does about it. Pure.

All of it is ours; the paper does not study strategic bids.
"""

from sale_inspect.redteam._bounds import effective_share, most_gain
from sale_inspect.redteam._catalog import ATTACKS, Attack, find_attack
from sale_inspect.redteam._judge_attacks import Sight
from sale_inspect.redteam._measure import Change, change, mcnemar
from sale_inspect.redteam._scene import Scene, fitted, secret_sign
from sale_inspect.redteam._settings import SETTINGS, DefenceSetting, find_setting
from sale_inspect.redteam._simulate import Arena, SimulatedAuction

__all__ = [
    "ATTACKS",
    "SETTINGS",
    "Arena",
    "Attack",
    "Change",
    "DefenceSetting",
    "Scene",
    "Sight",
    "SimulatedAuction",
    "change",
    "effective_share",
    "find_attack",
    "find_setting",
    "fitted",
    "mcnemar",
    "most_gain",
    "secret_sign",
]
