"""How runs ended, read from real logs, against the messages that Inspect itself gives back."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessageAssistant, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import choice, includes
from inspect_ai.solver import generate, multiple_choice

from sale_inspect._inspect.logs import read_runs
from sale_inspect._inspect.solvers._sale import single
from sale_inspect._inspect.tasks._tasks import hst_deep_search
from sale_inspect.report.tidy._from_runs import tidy_of


def said(text: str) -> ModelOutput:
    output = ModelOutput.from_content("mockllm/model", text)
    output.usage = ModelUsage(input_tokens=3, output_tokens=2, total_tokens=5, total_cost=0.001)
    return output


def endings(folder: Path) -> dict[str, str]:
    runs = read_runs([str(folder)], cache=False)
    samples = tidy_of(runs.runs, runs.heads).samples
    return dict(zip(samples["task_id"], samples["ending"], strict=True))


def rounds(log: EvalLog) -> dict[str, int]:
    return {
        str(sample.id): sum(
            any(call.function != "submit" for call in message.tool_calls or ())
            for message in sample.messages
            if isinstance(message, ChatMessageAssistant)
        )
        for sample in log.samples or []
    }


def test_turns_with_tools_are_counted_without_the_hand_in(tmp_path: Path) -> None:
    task = hst_deep_search(set="mini", bins="b1,b2,b3")
    (log,) = inspect_eval(
        task, solver=single("8b", pool="sim"), limit=8, log_dir=str(tmp_path), display="none", log_realtime=False
    )
    assert log.status == "success", log.error
    words = ("no tool", "one round", "went back")
    assert endings(tmp_path) == {name: words[min(count, 2)] for name, count in rounds(log).items()}
    assert len(set(endings(tmp_path).values())) > 1


@pytest.mark.parametrize(("reply", "ending"), [("ANSWER: A", "no tool"), ("I do not know", "format")])
def test_a_reply_without_a_choice_is_no_answer(tmp_path: Path, reply: str, ending: str) -> None:
    task = Task(
        dataset=[Sample(id="q", input="Which?", choices=["x", "y"], target="B")],
        solver=multiple_choice(),
        scorer=choice(),
    )
    model = get_model("mockllm/model", custom_outputs=[said(reply)])
    inspect_eval(task, model=model, log_dir=str(tmp_path), display="none", log_realtime=False)
    assert endings(tmp_path) == {"q": ending}


def test_a_limit_comes_first(tmp_path: Path) -> None:
    task = Task(
        dataset=[Sample(id="q", input="Which?", target="B")], solver=[generate(), generate()], scorer=includes()
    )
    model = get_model("mockllm/model", custom_outputs=[said("x")] * 2)
    inspect_eval(task, model=model, log_dir=str(tmp_path), display="none", log_realtime=False, message_limit=2)
    assert endings(tmp_path) == {"q": "limit"}
