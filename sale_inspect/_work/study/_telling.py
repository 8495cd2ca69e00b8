"""What a running study says of itself, in lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sale_inspect._inspect.store import Purse
from sale_inspect._work.study._purse_file import SpentFile
from sale_inspect.study import StepForecast

__all__ = ["Heartbeat", "Tell", "forecast_line", "money", "span"]

Tell = Callable[[str], None]
"""Is told in a line what happens."""

_EVERY = 60.0
"""Seconds between two lines of one evaluation."""


class Heartbeat:
    """Says each minute how many samples of a long evaluation have ended, and keeps the dollars at each.

    Args:
        name: Name of the step.
        left: Runs that were left when it began.
        purse: Where the dollars are counted.
        kept: Where they are kept.
        tell: Is told.
    """

    def __init__(self, name: str, left: int, purse: Purse, kept: SpentFile, tell: Tell) -> None:
        self._name, self._all, self._purse, self._kept, self._tell = name, left, purse, kept, tell
        self._began = self._last = time.monotonic()

    def __call__(self, ended: int) -> None:
        """A sample ended, the so-maniest of this evaluation and call."""
        self._kept.ended += 1
        self._kept.keep(self._purse.spent)
        now = time.monotonic()
        if now - self._last >= _EVERY:
            self._last = now
            pace = (now - self._began) / ended * max(0, self._all - ended)
            # The first samples say little: many begin at once.
            more = f", about {span(pace)} more" if 10 * ended >= self._all else ""
            self._tell(
                f"{self._name}: {ended} of the {self._all} runs that were left{more}; all {money(self._purse.total)}"
            )


def forecast_line(what: str, forecast: Sequence[StepForecast]) -> str:
    """Runs, dollars and hours of all steps, in one line."""
    usd, hours = [each.usd for each in forecast], [each.hours for each in forecast]
    low, high = sum(each.low for each in usd), sum(each.high for each in usd)
    least, most = sum(each.low for each in hours), sum(each.high for each in hours)
    return (
        f"{what}: {sum(each.runs for each in forecast):,} runs, {money(sum(each.value for each in usd))} "
        f"({money(low)} to {money(high)}), {span(3600 * sum(each.value for each in hours))} "
        f"({span(3600 * least)} to {span(3600 * most)}). Estimated."
    )


def money(usd: float) -> str:
    """Dollars to a ten-thousandth, or to a cent from one dollar."""
    if 0 < usd < 0.00005:
        return "under $0.0001"
    return f"${usd:,.2f}" if usd >= 1 or usd == 0 else f"${usd:.4f}"


def span(seconds: float) -> str:
    """A time in its largest unit."""
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3570 else f"{seconds / 3600:.1f} h"
