"""The weights of cost and value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["Weights", "uniform_weights"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """Weights w = (w_c, w_h, w_1..w_|A|), non-negative, on features in [0, 1].

    Attributes:
        price: w_c, weight of price x length.
        entropy: w_h, weight of the strategy's entropy.
        judges: w_j, weight of each judge's rating, by agent name.
        origin: How the weights came about, for the record.
    """

    price: float
    entropy: float
    judges: Mapping[str, float]
    origin: str

    def __post_init__(self) -> None:
        for name, value in {"price": self.price, "entropy": self.entropy, **self.judges}.items():
            if not (0.0 <= value < float("inf")):
                raise ValueError(f"Weight {name!r} must be finite and >= 0, got {value!r}.")
        object.__setattr__(self, "judges", MappingProxyType(dict(self.judges)))


def uniform_weights(judges: Sequence[str]) -> Weights:
    """Equal weights on the simplex: each of the |A| + 2 terms weighs 1 / (|A| + 2).

    Source: ours, the default when nothing was fitted.
    """
    share = 1.0 / (len(judges) + 2)
    return Weights(price=share, entropy=share, judges=dict.fromkeys(judges, share), origin="uniform (ours, not fitted)")
