"""Says in a sample's log what of the task the execution leaves out."""

from __future__ import annotations

from inspect_ai.log import transcript
from inspect_ai.solver import TaskState

from sale_inspect._inspect.solvers._executor import Executor
from sale_inspect._inspect.view import unseen_parts

__all__ = ["tell_what_is_replaced"]


def tell_what_is_replaced(state: TaskState, executor: Executor) -> None:
    """Note what a reader of the log would not expect: the replaced solver, and several right choices."""
    notes = []
    if not executor.own_solver:
        notes.append(
            f"The agent {executor.agent} executes in place of the task's own solver: a system message, prompt template "
            "or tools that only that solver sets are not in use. -S execute=task keeps the task's solver and only "
            "chooses the model."
        )
        if _several(state) and not executor.several_right:
            notes.append(
                "Several choices of this task are right, and the agents are not told so; "
                "-S several_right=true tells them."
            )
    unseen = unseen_parts(state.messages)
    if unseen:
        notes.append(
            f"{unseen} of the task is no text. The agent that executes gets it. Bidders and judges get what their pool "
            "entry names in `inputs`, and are told of the rest; routers read the text alone."
        )
    if notes:
        transcript().info(" ".join(notes), source="sale task")


def _several(state: TaskState) -> bool:
    """Only whether there are several, for the log; no agent is told of it."""
    letters = "".join(state.target).replace(",", "").replace(" ", "")
    return len(state.choices) > 0 and len(letters) > 1 and not letters.isnumeric()
