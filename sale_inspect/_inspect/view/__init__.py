"""A task as bidders, judges and routers see it, never its target."""

from sale_inspect._inspect.view._task_text import answer_choice, sample_text, task_text
from sale_inspect._inspect.view._task_view import TaskView, Tools, plain_tools, view_of_conversation, view_of_state

__all__ = [
    "TaskView",
    "Tools",
    "answer_choice",
    "plain_tools",
    "sample_text",
    "task_text",
    "view_of_conversation",
    "view_of_state",
]
