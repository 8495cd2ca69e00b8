"""A person sees a task when the clock first runs, and not before."""

from __future__ import annotations

from collections.abc import Collection

import anyio
from inspect_ai.util import sandbox, store
from rich.markup import escape

__all__ = ["BEFORE", "LOGIN_SHELL", "TASK_FILE", "held_files", "show_at_first_start"]

TASK_FILE = "task.txt"
"""Where the task's text lies in the person's home folder, from the first start of the clock on."""

BEFORE = "The task is shown when the clock first runs: task start"
"""What stands in the place of the task's text until then."""

LOGIN_SHELL = f"""\
# Inspect's login shows the task and then starts the clock. Here the clock starts first.
export INSTRUCTIONS_SHOWN=1
unalias task
task() {{
    python3 /opt/human_agent/task.py "$@" || return
    if [ "$1" != start ] || [ -n "$TASK_SHOWN" ]; then return; fi
    for _ in {{1..300}}; do
        [ -s "$HOME/{TASK_FILE}" ] && break
        sleep 0.1
    done
    if [ -s "$HOME/{TASK_FILE}" ]; then
        TASK_SHOWN=1
        python3 /opt/human_agent/task.py instructions
    else
        echo "The task's text did not come. Type: task start"
    fi
}}
"""
"""Commands of the person's shell."""

# What Inspect's human agent keeps in the sample's store; its own class for it is not public.
_RUNNING, _INSTRUCTIONS = "HumanAgentState:running_state", "HumanAgentState:instructions"
_LOOK_SECONDS = 0.05


async def held_files(names: Collection[str]) -> dict[str, bytes]:
    """Take files of the task out of the sandbox, to be put back with the task's text.

    Returns:
        Their content by name.
    """
    contents = {name: await sandbox().read_file(name, text=False) for name in names}
    if contents:
        removed = await sandbox().exec(["rm", "--", *contents])
        if not removed.success:
            raise OSError(f"The files {', '.join(contents)} cannot be held back: {removed.stderr.strip()[:200]}")
    return contents


async def show_at_first_start(text: str, files: dict[str, bytes], over: anyio.Event) -> None:
    """Wait until the clock first runs, then put the task's text and files into the sandbox.

    Args:
        text: The task's text.
        files: What `held_files` gave.
        over: Is set when the person's work has ended; then nothing is shown any more.
    """
    while not store().get(_RUNNING, False):
        if over.is_set():
            return
        await anyio.sleep(_LOOK_SECONDS)
    # The human agent shows texts as rich markup, which would swallow the `[int]` of `list[int]`.
    store().set(_INSTRUCTIONS, escape(text))
    for name, content in files.items():
        await sandbox().write_file(name, content)
    # The shell waits for this file, so it comes last.
    await sandbox().write_file(TASK_FILE, text + "\n")
