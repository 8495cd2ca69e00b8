"""The last body that a provider sent, for when reading it fails: the provider's own words are the reason then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from inspect_ai.model import Model

__all__ = ["NO_CHOICES", "error_in_body", "keep_body", "show_bodies"]

NO_CHOICES = "the reply has no choices"

_LENGTH = 300
_holder: ContextVar[list[Mapping[str, Any]] | None] = ContextVar("sale_last_body", default=None)


def keep_body() -> list[Mapping[str, Any]]:
    """A list that will hold the last body which a provider sends in this task."""
    holder: list[Mapping[str, Any]] = []
    _holder.set(holder)
    return holder


def show_bodies(model: Model) -> Model:
    """Let `keep_body` see what the model's provider sends, where the provider has Inspect's hook for it."""
    hook: Callable[[dict[str, Any]], None] | None = getattr(model.api, "on_response", None)
    if hook is None or getattr(hook, "shows_bodies", False):
        return model

    def on_response(response: dict[str, Any]) -> None:
        holder = _holder.get()
        if holder is not None:
            holder[:] = [response]
        hook(response)

    on_response.shows_bodies = True  # type: ignore[attr-defined]
    # Inspect turns an error body with status 200 into a TypeError of its own, without the provider's words.
    model.api.on_response = on_response  # type: ignore[attr-defined]
    return model


def error_in_body(holder: list[Mapping[str, Any]]) -> str:
    """What is wrong with the body, in the provider's words if it has any; empty if nothing can be told."""
    if not holder or not isinstance(holder[0], Mapping):
        return ""
    error = holder[0].get("error")
    words = error.get("message") if isinstance(error, Mapping) else error
    if words:
        return f"provider error: {str(words).strip()[:_LENGTH]}"
    return "" if holder[0].get("choices") else NO_CHOICES
