"""The weights of cost and value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, field_serializer, field_validator, model_validator

__all__ = ["Weights", "uniform_weights"]


class Weights(BaseModel):
    """Weights w = (w_c, w_h, w_1..w_|A|), non-negative, on features in [0, 1]; as they stand in a record.

    Attributes:
        price: w_c, weight of price x length.
        entropy: w_h, weight of the strategy's entropy.
        judges: w_j, weight of each judge's rating, by agent name; read-only.
        origin: How the weights came about, for the record.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    price: float
    entropy: float
    judges: Mapping[str, float]
    origin: str

    @field_validator("judges")
    @classmethod
    def _read_only(cls, judges: Mapping[str, float]) -> Mapping[str, float]:
        return MappingProxyType(dict(judges))

    @field_serializer("judges")
    def _plain(self, judges: Mapping[str, float]) -> dict[str, float]:
        return dict(judges)

    @model_validator(mode="after")
    def _finite_and_not_negative(self) -> Self:
        for name, value in {"price": self.price, "entropy": self.entropy, **self.judges}.items():
            if not (0.0 <= value < float("inf")):
                raise ValueError(f"Weight {name!r} must be finite and >= 0, got {value!r}.")
        return self

    # A read-only mapping can be neither pickled nor copied as such.
    def __reduce__(self) -> tuple[Callable[..., Self], tuple[dict[str, Any]]]:
        return type(self).model_validate, (self.model_dump(),)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self


def uniform_weights(judges: Sequence[str]) -> Weights:
    """Equal weights on the simplex: each of the |A| + 2 terms weighs 1 / (|A| + 2).

    Source: ours, the default when nothing was fitted.
    """
    share = 1.0 / (len(judges) + 2)
    return Weights(price=share, entropy=share, judges=dict.fromkeys(judges, share), origin="uniform (ours, not fitted)")
