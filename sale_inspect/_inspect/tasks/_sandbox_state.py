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
    """The sample's container, by whose name its state can be read when it no longer runs, and its image.

    Attributes:
        container: Its name.
        image: Id of the image that it was made from (`sha256:` and 64 hex digits): the same id, the same files. Empty
            where the engine did not say.
        image_name: What the compose file calls the image.
    """

    container: str = ""
    image: str = ""
    image_name: str = ""


async def note_container(state: TaskState) -> None:
    """Keep the sample's container and its image while it runs; the engine does not tell them later.

    A sample without a sandbox, or with another one than Docker's, has none.
    """
    try:
        connection = await sandbox().connection()
    except (ProcessLookupError, NotImplementedError):
        return
    if connection.type != "docker" or not connection.container:
        return
    kept = state.store_as(SandboxStore)
    kept.container = connection.container
    kept.image, _, kept.image_name = (await _told(kept.container, "{{.Image}} {{.Config.Image}}")).partition(" ")


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
        state: dict[str, Any] = json.loads(await _told(container, "{{json .State}}") or "{}")
    except (TimeoutError, OSError, ValueError) as error:
        raise RunnerError(
            f"The Docker engine does not answer ({type(error).__name__}) after the sandbox gave no verdict ({seen})."
        ) from error
    return state


async def _told(container: str, form: str) -> str:
    """What the engine says of a container; empty if it knows none.

    Raises:
        TimeoutError: If it does not answer.
        OSError: If its command cannot be run.
    """
    answer = await subprocess(["docker", "inspect", "--format", form, container], timeout=_SECONDS, capture_output=True)
    return answer.stdout.strip() if answer.success else ""
