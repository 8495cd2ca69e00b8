"""The two presets of an auction: what an option is that the user did not set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

__all__ = ["PRESET_DEFAULTS", "Fitted", "Preset", "fitted_kind", "preset_of", "preset_values"]

Preset = Literal["paper", "ours"]
"""`paper`: the source's mechanism to the letter. `ours`: with what this project adds to it."""

Fitted = Literal["", "weights", "calibrated"]
"""No file of `sale-inspect fit`; weights of the score; a calibrated auction."""

PRESET_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "refined": {"paper": "paper", "ours": "mean"},
    "prefer": {"paper": 0.0, "ours": 0.2},
    "auction": {"paper": "always", "ours": "always"},
    "plan": {"paper": "own", "ours": "own"},
    "memory_ceiling": {"paper": 1.0, "ours": 0.9},
}
"""Value of each option that a preset decides. The option's own default is None, which stands for the preset's value;
to let the presets decide another option, give it the default None and add a line."""

_OF_FITTED: Mapping[Fitted, Mapping[Preset, Mapping[str, Any]]] = {
    "": {"paper": {}, "ours": {}},
    "weights": {"paper": {"prefer": 0.0}, "ours": {"prefer": 0.0}},
    "calibrated": {"paper": {"prefer": 0.0}, "ours": {"prefer": 0.0, "auction": "auto", "plan": "none"}},
}
"""What a fitted file changes of that. It holds what was learnt of the agents and was fitted without a prior, so
`prefer`, which stands for what is not known yet, is 0. A calibrated file knows what an auction can bring, and how well
agents do alone: without a plan, as they do where no auction is held."""

_OBJECTIVES_OF_OURS = frozenset({"calibrated"})
_CALIBRATED_SUFFIX = ".npz"


def preset_of(objective: str | None) -> Preset | None:
    """The preset that a weights file brings along where the user names none; None if it brings none.

    Args:
        objective: What the file was fitted for; None without a file.
    """
    return "ours" if objective in _OBJECTIVES_OF_OURS else None


def fitted_kind(weights: str | None) -> Fitted:
    """What a file of the option `weights` is, by its name."""
    if weights is None:
        return ""
    return "calibrated" if weights.endswith(_CALIBRATED_SUFFIX) else "weights"


def preset_values(preset: Preset, *, fitted: Fitted = "") -> dict[str, Any]:
    """The values of the options that a preset decides.

    Args:
        preset: The preset.
        fitted: Kind of the file in `weights`.
    """
    values = {name: by_preset[preset] for name, by_preset in PRESET_DEFAULTS.items()}
    return {**values, **_OF_FITTED[fitted][preset]}
