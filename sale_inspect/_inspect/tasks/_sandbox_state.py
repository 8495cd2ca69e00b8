"""Who ended a sandbox: the agent inside it, or the engine outside."""

from __future__ import annotations

import json
from typing import Any

from inspect_ai.solver import TaskState
from inspect_ai.util import StoreModel, sandbox, subprocess

from sale_inspect._errors import RunnerError

__all__ = ["SandboxBrokenByAgentError", "SandboxStore", "note_container", "raise_who_broke"]

_SECONDS = 30


class SandboxBrokenByAgentError(Exception):
    """The agent broke its own sandbox. The message says how, for the score's explanation."""


class SandboxStore(StoreModel):
    """Name of the sample's container, by which its state can be read when it no longer runs."""

    container: str = ""


async def note_container(state: TaskState) -> None:
    """Keep the name of the sample's container while it runs; the engine does not tell it later."""
    state.store_as(SandboxStore).container = (await sandbox().connection()).container or ""


async def raise_who_broke(container: str, seen: str) -> None:
    """Say who broke a sandbox that gave no verdict, by the state of its container.

    The main process belongs to a user whom neither the agent nor its program can signal. So a container that has
    ended was ended from outside, unless it ran out of memory; in a container that still runs, what does not work
    any more was broken from inside.

    Args:
        container: Name of the container; empty if the sandbox has none.
        seen: What was seen instead of a verdict.

    Raises:
        SandboxBrokenByAgentError: If the agent did.
        RunnerError: If the engine did, or nobody can tell.
    """
    if not container:
        raise RunnerError(f"The sandbox gave no verdict ({seen}), and its container is not known.")
    state = await _state(container, seen)
    if state.get("Running") and not state.get("Paused"):
        raise SandboxBrokenByAgentError(
            f"the sandbox runs, but starts no process or does not let it end: the agent used it up ({seen})"
        )
    if state.get("OOMKilled"):
        raise SandboxBrokenByAgentError(f"the sandbox ran out of memory and ended ({seen})")
    raise RunnerError(
        f"The sandbox was ended from outside: its container {container} is {state.get('Status', 'gone')} "
        f"(exit status {state.get('ExitCode')}). Look whether the engine was restarted or the container removed, and "
        f"run `inspect eval-retry` on the log."
    )


async def _state(container: str, seen: str) -> dict[str, Any]:
    try:
        answer = await subprocess(
            ["docker", "inspect", "--format", "{{json .State}}", container], timeout=_SECONDS, capture_output=True
        )
        state: dict[str, Any] = json.loads(answer.stdout) if answer.success else {}
    except (TimeoutError, OSError, ValueError) as error:
        raise RunnerError(
            f"The Docker engine does not answer ({type(error).__name__}) after the sandbox gave no verdict ({seen})."
        ) from error
    return state
