"""The solver that the task itself has, for a run that only chooses the model (`execute=task`)."""

from __future__ import annotations

from typing import Literal, Unpack

from inspect_ai import Task
from inspect_ai.model import GenerateConfig, GenerateConfigArgs, Model, execute_tools
from inspect_ai.solver import Generate, Solver, TaskState, chain
from inspect_ai.util import registry_create

from sale_inspect._errors import OptionError
from sale_inspect._inspect.store import current_sample

__all__ = ["generate_of", "task_solver"]


def task_solver(state: TaskState) -> Solver:
    """The solver of the evaluation's task, which `--solver` replaced.

    The task is made again by its registered name and arguments.

    Raises:
        OptionError: If the task is not registered, as one that was made in Python without `@task`.
    """
    place = current_sample()
    try:
        task = registry_create("task", place.task, **dict(place.task_arguments)) if place.task else None
    except LookupError:
        task = None
    if not isinstance(task, Task):
        raise OptionError(
            f"execute=task: the task {place.task!r} is not registered, so its own solver cannot be had. Write it as a "
            "function with @task, or use execute=agent."
        )
    return task.solver if not isinstance(task.solver, list) else chain(task.solver)


def generate_of(model: Model) -> Generate:
    """Inspect's `generate` of solvers for one model, tool calls included."""

    async def generate(
        state: TaskState,
        tool_calls: Literal["loop", "single", "none"] = "loop",
        **config: Unpack[GenerateConfigArgs],
    ) -> TaskState:
        settings = GenerateConfig(**config)
        while True:
            state.output = await model.generate(
                state.messages, tools=state.tools, tool_choice=state.tool_choice, config=settings
            )
            state.messages.append(state.output.message)
            if state.completed or tool_calls == "none" or not state.output.message.tool_calls:
                return state
            messages, output = await execute_tools(state.messages, state.tools)
            state.messages.extend(messages)
            if output is not None:
                state.output = output
            if tool_calls == "single" or state.completed:
                return state
            # A tool that had to be called was called; asking for it again would never end.
            state.tool_choice = "auto" if state.tool_choice not in (None, "none") else state.tool_choice

    return generate
