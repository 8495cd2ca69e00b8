"""The tasks' default solver: the evaluated model alone, without a pool."""

from __future__ import annotations

from inspect_ai.agent import AgentSubmit, as_solver, react
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect._inspect.view import answer_choice, task_text

__all__ = ["plain"]


@solver
def plain() -> Solver:
    """Run Inspect's react agent with the evaluated model and the task's tools.

    No ledger is kept, because no pool gives prices; use `single` to compare with `sale`.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if len(state.choices) > 0:
            state.user_prompt.text = task_text(state)
        agent = react(tools=state.tools, submit=AgentSubmit(answer_only=True), truncation="auto")
        state = await as_solver(agent)(state, generate)
        answer_choice(state)
        return state

    return solve
