"""Connections of a shard: each limit is shared out, so that all shards together are one user to a provider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from inspect_ai.model import GenerateConfig
from inspect_ai.util import AdaptiveConcurrency

from sale_inspect.shards import WHOLE, Shard, share_of

__all__ = ["adaptive_share", "connections_of", "connections_share", "shared_connections"]

_current: ContextVar[Shard] = ContextVar("sale_inspect_connections", default=WHOLE)


@contextmanager
def connections_of(shard: Shard) -> Iterator[None]:
    """Let models that are made inside have a shard's part of their limits."""
    token = _current.set(shard)
    try:
        yield
    finally:
        _current.reset(token)


def connections_share() -> Shard:
    """Which part of the connections this process has."""
    return _current.get()


def adaptive_share(limits: AdaptiveConcurrency, shard: Shard) -> AdaptiveConcurrency:
    """A shard's part of limits between which Inspect adapts: at least one connection each."""
    most = max(1, share_of(limits.max, shard))
    least = min(most, max(1, share_of(limits.min, shard)))
    start = min(most, max(least, share_of(limits.start, shard)))
    return limits.model_copy(update={"min": least, "start": start, "max": most})


def shared_connections(config: GenerateConfig) -> GenerateConfig:
    """A model's config with this process's part of its connections."""
    shard = _current.get()
    if shard.of == 1:
        return config
    if config.max_connections is not None:
        return config.model_copy(update={"max_connections": max(1, share_of(config.max_connections, shard))})
    adaptive = config.adaptive_connections
    if type(adaptive) is int:
        adaptive = AdaptiveConcurrency(max=adaptive)
    if isinstance(adaptive, AdaptiveConcurrency):
        return config.model_copy(update={"adaptive_connections": adaptive_share(adaptive, shard)})
    return config
