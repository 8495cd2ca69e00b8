"""A task as bidders, judges and routers see it, never its target."""

from sale_inspect._inspect.view._media import Media
from sale_inspect._inspect.view._task_text import answer_choice, ask_with_choices, sample_text, task_text, unseen_parts
from sale_inspect._inspect.view._task_view import (
    TaskView,
    Tools,
    plain_tools,
    tools_in_use,
    view_of_call,
    view_of_conversation,
    view_of_state,
)

__all__ = [
    "Media",
    "TaskView",
    "Tools",
    "answer_choice",
    "ask_with_choices",
    "plain_tools",
    "sample_text",
    "task_text",
    "tools_in_use",
    "unseen_parts",
    "view_of_call",
    "view_of_conversation",
    "view_of_state",
]
