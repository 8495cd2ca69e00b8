"""Escalation in real containers: each execution finds the working folder of the first, and the answer's own stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.dataset import Sample
from inspect_ai.model import Model, ModelOutput
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState
from inspect_ai.util import sandbox

from sale_inspect._inspect.solvers import sale
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks import AGENT_USER, SCORING_USER, coding_sandbox

pytestmark = pytest.mark.docker

TEXT = "Write `double`, which gives twice the number.\n\n>>> double(2)\n4\n>>> double(5)\n10\n"
HALF = "```python\ndef double(number):\n    return 4\n```"
WRONG = "```python\ndef double(number):\n    return 0\n```"
SEEN: dict[str, str] = {}


@agent
def leaves_files(model: Model) -> Agent:
    """The second that executes passes one example of two, the others none; all leave a closed folder behind."""

    async def execute(state: AgentState) -> AgentState:
        await model.generate(state.messages)
        name = str(model).rpartition("/")[2]
        leave = f"find . -mindepth 1; mkdir -p d/e; printf {name} > d/e/left; chmod 700 d"
        SEEN[name] = (await sandbox().exec(["sh", "-c", leave], user=AGENT_USER)).stdout
        state.output = ModelOutput.from_content(name, HALF if len(SEEN) == 2 else WRONG)
        return state

    return execute


@scorer(metrics=[])
def what_is_left() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=(await sandbox().exec(["cat", "d/e/left"], user=AGENT_USER)).stdout)

    return score


def test_executions_begin_alike_and_the_folder_is_that_of_the_answer_that_counts(tmp_path: Path) -> None:
    metadata = {"entry_point": "double", "sandbox_type": "docker", "scorer_user": SCORING_USER}
    sample = Sample(input=TEXT, target="x", metadata=metadata, sandbox=coding_sandbox("docker"))
    solver = sale(pool="sim", memory="off", escalate=3, accept="examples", agent="leaves_files")
    task = Task(dataset=[sample], scorer=what_is_left())
    (log,) = inspect_eval(task, solver=solver, log_dir=str(tmp_path), display="none", log_realtime=False)
    assert log.status == "success" and log.samples, log.error
    record = read(log.samples[0]).auction
    assert record is not None and record.escalation is not None
    steps = record.escalation.steps
    assert [step.score for step in steps] == [0.0, 0.5, 0.0, 0.0]
    assert dict.fromkeys((step.agent for step in steps), "") == SEEN
    assert log.samples[0].scores is not None
    assert log.samples[0].scores["what_is_left"].value == steps[1].agent == record.worker
