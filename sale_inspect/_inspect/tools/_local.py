"""Python code run on this machine, without a sandbox's isolation."""

from __future__ import annotations

import sys

from inspect_ai.tool import Tool, ToolDef, python, tool
from inspect_ai.util import sandbox

__all__ = ["local_python"]


@tool(name="python")
def local_python(timeout: int) -> Tool:
    """Inspect's tool `python`, in its words, run by the interpreter that runs this and not by a login shell's.

    The judge of `sandbox=local` runs programs with this interpreter: what an agent tries must run as what is judged
    does. A login shell would find whatever `python3` comes first there, after the seconds of the user's own profile.

    Args:
        timeout: Seconds that a script may take.
    """

    async def execute(code: str) -> str:
        ran = await sandbox().exec([sys.executable, "-"], input=code, timeout=timeout)
        return f"{ran.stderr}\n{ran.stdout}" if ran.stderr else ran.stdout

    about = ToolDef(python())
    return ToolDef(execute, name=about.name, description=about.description, parameters=about.parameters).as_tool()
