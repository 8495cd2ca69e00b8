"""The two presets of an auction: what an option is that the user did not set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

__all__ = ["PRESET_DEFAULTS", "Preset", "preset_of", "preset_values"]

Preset = Literal["paper", "ours"]
"""`paper`: the source's mechanism to the letter. `ours`: with what this project adds to it."""

PRESET_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "refined": {"paper": "paper", "ours": "mean"},
    "prefer": {"paper": 0.0, "ours": 0.1},
}
"""Value of each option that a preset decides. The option's own default is None, which stands for the preset's value;
to let the presets decide another option, give it the default None and add a line."""

_OBJECTIVES_OF_OURS = frozenset({"calibrated"})


def preset_of(objective: str | None) -> Preset | None:
    """The preset that a weights file brings along where the user names none; None if it brings none.

    Args:
        objective: What the file was fitted for; None without a file.
    """
    return "ours" if objective in _OBJECTIVES_OF_OURS else None


def preset_values(preset: Preset, *, fitted: bool) -> dict[str, Any]:
    """The values of the options that a preset decides.

    Args:
        preset: The preset.
        fitted: A weights file is given. It holds what was learnt of the agents, and was fitted without a prior: then
            `prefer`, which stands for what is not known yet, is 0 in both presets.
    """
    values = {name: by_preset[preset] for name, by_preset in PRESET_DEFAULTS.items()}
    return {**values, "prefer": 0.0} if fitted else values
