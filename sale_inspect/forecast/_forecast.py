"""A forecast: calls, tokens and dollars by phase and agent, before anything is spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sale_inspect.texts import Table, fmt_count, fmt_usd

__all__ = ["Forecast", "PhaseForecast", "forecast_table"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseForecast:
    """Calls of one agent in one phase, over all planned tasks.

    Attributes:
        phase: bid, jury, refine or execute.
        agent: Name in the pool.
        calls: Model calls.
        input_tokens: Input tokens, cached ones included.
        output_tokens: Output tokens.
        usd: Dollars.
    """

    phase: str
    agent: str
    calls: float
    input_tokens: float
    output_tokens: float
    usd: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What a run of one policy will cost. Estimated, always.

    Attributes:
        policy: Name of the policy.
        tasks: Planned tasks.
        basis: What the figures rest on.
        phases: By phase and agent.
        low_usd: Lower end of the interval of the whole run's dollars; None if there is none.
        high_usd: Upper end, or None.
        confidence: Of the interval; 0 if the ends are those of assumptions.
        seconds: Working time of all samples, one after another; 0 if not known.
        notes: What a reader must know.
    """

    policy: str
    tasks: int
    basis: str
    phases: tuple[PhaseForecast, ...]
    low_usd: float | None
    high_usd: float | None
    confidence: float
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def usd(self) -> float:
        """Dollars of the whole run."""
        return sum(phase.usd for phase in self.phases)

    @property
    def tokens(self) -> float:
        """Tokens of the whole run."""
        return sum(phase.input_tokens + phase.output_tokens for phase in self.phases)

    @property
    def calls(self) -> float:
        """Model calls of the whole run."""
        return sum(phase.calls for phase in self.phases)


def forecast_table(forecasts: Sequence[Forecast]) -> Table:
    """Calls, tokens and dollars by phase and agent, with a total and its interval for each policy."""
    sections, notes = [], []
    for forecast in forecasts:
        rows = [
            (
                forecast.policy if number == 0 else "",
                f"{phase.phase}: {phase.agent}",
                fmt_count(phase.calls),
                fmt_count(phase.input_tokens),
                fmt_count(phase.output_tokens),
                fmt_usd(phase.usd),
            )
            for number, phase in enumerate(forecast.phases)
        ]
        calls, usd = fmt_count(forecast.calls), fmt_usd(forecast.usd)
        read = fmt_count(sum(phase.input_tokens for phase in forecast.phases))
        rows.append(("", "all", calls, read, fmt_count(sum(phase.output_tokens for phase in forecast.phases)), usd))
        sections.append(tuple(rows))
        ends = ""
        if forecast.low_usd is not None and forecast.high_usd is not None:
            kind = f"{100 * forecast.confidence:g}% interval" if forecast.confidence else "range if one agent does all"
            ends = f"; {kind} of the dollars {fmt_usd(forecast.low_usd)} to {fmt_usd(forecast.high_usd)}"
        notes.append(f"{forecast.policy}: {forecast.tasks:,} tasks; {forecast.basis}{ends}.")
        if forecast.seconds:
            notes.append(f"{forecast.policy}: {forecast.seconds / 3600:.1f} hours of samples, one after another.")
        notes += [f"{forecast.policy}: {note}" for note in forecast.notes]
    return Table(
        title="Forecast (estimated; nothing was called)",
        header=("policy", "phase: agent", "calls", "input tokens", "output tokens", "$"),
        sections=tuple(sections),
        notes=tuple(notes),
    )
