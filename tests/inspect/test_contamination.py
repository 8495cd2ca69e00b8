"""Pages that hold the question with its answer are found and counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageTool, ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect._cli import main
from sale_inspect._inspect.logs import read_runs
from sale_inspect._inspect.tasks._scorers import pass_and_cost
from sale_inspect.runs import ReadOptions
from sale_inspect.webpages import is_contaminated

QUESTION = "In which year did the keeper of the north light of Corvin first note the grey heron in his book?"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Q: {QUESTION} A: 1874", True),
        (f"Q: {QUESTION.upper()}\n\n answer: **1874**!", True),
        (f"{' '.join(QUESTION.split()[:14])} ... 1874", True),
        (f"Q: {QUESTION} A: 18740", False),
        (f"Q: {QUESTION}", False),
        ("The keeper noted the grey heron in 1874.", False),
        (f"{' '.join(QUESTION.split()[:11])} ... 1874", False),
    ],
    ids=[
        "a copy",
        "in other letters",
        "most of it",
        "another number",
        "no answer",
        "an honest page",
        "too little of it",
    ],
)
def test_a_page_is_contaminated_by_the_question_with_an_answer(text: str, found: bool) -> None:
    assert is_contaminated(text, QUESTION, ["the year 1874", "1874"]) is found


def test_a_short_question_is_never_found() -> None:
    assert not is_contaminated("Who is it? Ann", "Who is it?", ["Ann"])


SEEN = {
    "page": [("read_page", f"Characters 0 to 9 of 9.\nMark.\nPage: Key (https://k.example/)\n\n{QUESTION} 1874")],
    "parts": [
        ("read_page", f"Characters 0 to 9 of 18. Read on with start=9.\nMark.\nPage: Key\n\n{QUESTION}"),
        ("read_page", "Characters 9 to 18 of 18.\nMark.\nPage: Key\n\n1874"),
    ],
    "result": [("search", f"Mark.\n\n1. Key\nhttps://k.example/\n{QUESTION} 1874")],
    "two results": [("search", f"Mark.\n\n1. A\nhttps://a.example/\n{QUESTION}\n\n2. B\nhttps://b.example/\n1874")],
    "code": [("bash", f"{QUESTION} 1874")],
    "nothing": [],
}


@solver
def reads() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.messages += [
            ChatMessageTool(content=text, function=name, tool_call_id="1") for name, text in SEEN[str(state.sample_id)]
        ]
        state.output = ModelOutput.from_content("m", "1874")
        return state

    return solve


def test_the_record_counts_the_tasks_whose_agent_saw_the_key(tmp_path: Path) -> None:
    samples = [
        Sample(id=name, input=QUESTION, target="1874", metadata={"kind": "short_answer", "rule": "alias", "bin": "b1"})
        for name in SEEN
    ]
    (log,) = inspect_eval(
        Task(dataset=samples, solver=reads(), scorer=pass_and_cost()),
        model="none",
        log_dir=str(tmp_path),
        display="none",
        log_realtime=False,
    )
    assert log.status == "success" and log.results is not None, log.error
    pages = {
        str(sample.id): (sample.scores or {})["pass_and_cost"].metadata["contaminated_pages"]  # type: ignore[index]
        for sample in log.samples or []
    }
    assert {name for name, found in pages.items() if found} == {"page", "parts", "result"}
    assert pages["page"] == ["Key (https://k.example/)"] and pages["result"] == ["Key https://k.example/"]
    assert log.results.scores[0].metrics["contaminated tasks"].value == 3
    place = f"reader={tmp_path}"
    # Below every table and at the top of the report's page.
    (told,) = [each for each in read_runs([place], ReadOptions(keep=("unpriced",))).health if "contam" in each]
    assert told.startswith("contaminated tasks, in which the agent saw a page that holds the question and its answer: ")
    assert told.endswith(f": reader 3 of {len(SEEN)}.")
    ran = CliRunner().invoke(main, ["table", place, "--keep", "unpriced", "--markdown"])
    assert ran.exit_code == 0 and told in ran.output.replace("\\", ""), ran.output
