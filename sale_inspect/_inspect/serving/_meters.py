"""What Prometheus reads of a server."""

from __future__ import annotations

from sale_inspect._inspect.serving._budget import ServedBudget

__all__ = ["Meters"]

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0)
_LONG = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0)


class Meters:
    """Counters of one server, in a registry of its own.

    Args:
        budget: Of the server.
    """

    def __init__(self, budget: ServedBudget) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "sale_serve_requests", "Requests by the agent that answered and HTTP status.", ("agent", "status"),
            registry=registry,
        )  # fmt: skip
        self.fallbacks = Counter(
            "sale_serve_fallbacks", "Attempts at an agent that gave no answer, so that another was asked.", ("agent",),
            registry=registry,
        )  # fmt: skip
        self.dollars = Counter(
            "sale_serve_dollars", "US dollars of tokens that providers stated.", ("agent",), registry=registry
        )
        self.tokens = Counter("sale_serve_tokens", "Tokens by agent and kind.", ("agent", "kind"), registry=registry)
        self.own = Histogram(
            "sale_serve_own_seconds",
            "Seconds from a request to the first agent's.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.upstream = Histogram(
            "sale_serve_upstream_seconds", "Seconds until an agent's answer, of a stream its first event.", ("agent",),
            buckets=_LONG, registry=registry,
        )  # fmt: skip
        self.running = Gauge(
            "sale_serve_running", "Requests that are being answered; a stream until its first event.", registry=registry
        )
        money = Gauge("sale_serve_budget_dollars", "The budget in US dollars.", ("part",), registry=registry)
        money.labels("spent").set_function(lambda: budget.spent)
        money.labels("reserved").set_function(lambda: budget.reserved)
        if budget.cap is not None:
            money.labels("cap").set(budget.cap)

    def text(self) -> tuple[bytes, str]:
        """All figures in Prometheus's format, and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self._registry), CONTENT_TYPE_LATEST
