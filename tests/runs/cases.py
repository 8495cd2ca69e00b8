"""Small logs of ordinary evaluations, made with Inspect's mock model: what users bring.

Twelve questions. `lesser` solves 5 of them for $0.002 each, `greater` 9 for $0.03 each, both with 130 tokens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    ContentImage,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import Score, Scorer, Target, accuracy, choice, includes, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, generate, multiple_choice, solver

__all__ = ["CASES", "TASKS"]

TASKS = 12
LESSER, GREATER = 5, 9
LESSER_USD, GREATER_USD = 0.002, 0.03
_DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"  # one transparent pixel


def model(name: str, solves: int, usd: float, usage: ModelUsage | None = None, **args: Any) -> Model:
    """A model that answers the first so many of the questions right."""

    def answer(messages: list[ChatMessage], *rest: Any) -> ModelOutput:
        number = int((re.search(r"Double (\d+)", messages[-1].text) or ["", "0"])[1])
        output = ModelOutput.from_content(f"mockllm/{name}", f"It is {2 * number if 0 < number <= solves else 'odd'}")
        output.usage = usage or ModelUsage(input_tokens=100, output_tokens=30, total_tokens=130, total_cost=usd)
        return output

    return get_model(f"mockllm/{name}", custom_outputs=answer, memoize=False, config=GenerateConfig(), **args)


def lesser(**more: Any) -> Model:
    return model("lesser", LESSER, LESSER_USD, **more)


def greater(**more: Any) -> Model:
    return model("greater", GREATER, GREATER_USD, **more)


def quiz(
    scoring: Any = None, *, name: str = "doubles", before: str = "", how: Solver | None = None, **more: Any
) -> Task:
    samples = [
        Sample(id=number, input=f"{before}Double {number}.", target=f"{2 * number}") for number in range(1, TASKS + 1)
    ]
    return Task(
        dataset=MemoryDataset(samples), solver=how or generate(), scorer=scoring or includes(), name=name, **more
    )


def ran(task: Task, one: Model, folder: Path, **options: Any) -> None:
    inspect_eval(task, model=one, log_dir=str(folder), display="none", log_realtime=False, log_level="error", **options)


def both(task: Callable[[], Task], folder: Path, **options: Any) -> None:
    for one in (lesser(), greater()):
        ran(task(), one, folder, **options)


@scorer(metrics=[accuracy()])
def polite() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value="C" if "It is" in state.output.completion else "I")

    return score


def _valued(name: str, right: Any, wrong: Any, metrics: Any) -> Scorer:
    @scorer(metrics=metrics, name=name)
    def made() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            return Score(value=right if target.text in state.output.completion.split() else wrong)

        return score

    return made()


def points() -> Scorer:
    return _valued("points", 9, 3, [mean()])


def partly() -> Scorer:
    return _valued("partly", 0.6, 0.1, [mean()])


def pair() -> Scorer:
    return _valued("pair", {"hit": 1.0, "near": 1.0}, {"hit": 0.0, "near": 0.5}, {"hit": [mean()], "near": [mean()]})


def exact() -> Scorer:
    return _valued("exact", "C", "I", [accuracy()])


@scorer(metrics=[accuracy()], name="exact")
def late() -> Scorer:
    seen: dict[str, int] = {}

    async def score(state: TaskState, target: Target) -> Score:
        key = f"{state.model} {state.sample_id}"
        seen[key] = seen.get(key, 0) + 1
        if seen[key] < 3:
            raise RuntimeError("the judge is away")
        return Score(value="C" if target.text in state.output.completion.split() else "I")

    return score


class _Mute(Exception):
    """An error without a message."""


@solver
def stumbles(over: tuple[int, ...]) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state = await generate(state)
        if state.sample_id in over:
            raise _Mute
        return state

    return solve


def _errors(folder: Path) -> None:
    ran(quiz(exact(), how=stumbles((1, 7))), lesser(), folder, fail_on_error=False)
    ran(quiz(exact(), how=stumbles((12,))), greater(), folder, fail_on_error=False)


def _model_args(folder: Path) -> None:
    """One model string twice, told apart by its arguments."""
    for solves, usd, value in ((3, LESSER_USD, "this"), (10, GREATER_USD, "that")):
        ran(quiz(exact()), model("same", solves, usd, model_path=value), folder)


def _effort(folder: Path) -> None:
    for solves, usd, effort in ((3, LESSER_USD, "low"), (10, GREATER_USD, "high")):
        ran(quiz(exact()), model("same", solves, usd), folder, reasoning_effort=effort)


def _same_ids(folder: Path) -> None:
    both(lambda: quiz(exact(), name="easy"), folder)
    both(lambda: quiz(exact(), name="hard", before="A hard one. "), folder)


def _before_after(folder: Path) -> None:
    ran(quiz(exact()), lesser(), folder / "monday")
    ran(quiz(exact()), model("lesser", 8, LESSER_USD), folder / "tuesday")


def _wide(folder: Path) -> None:
    options = [f"thing {number}" for number in range(31)]
    both(
        lambda: Task(
            dataset=MemoryDataset([Sample(id=n, input=f"Choose {n}.", choices=options, target="A") for n in (1, 2)]),
            solver=multiple_choice(),
            scorer=choice(),
            name="wide",
        ),
        folder,
    )


def _pictures(folder: Path) -> None:
    def task() -> Task:
        samples = [
            Sample(id=f"p{n}", input=[ChatMessageUser(content=[ContentImage(image=_DOT)])], target="2")
            for n in range(4)
        ]
        return Task(dataset=MemoryDataset(samples), solver=generate(), scorer=exact(), name="pictures")

    both(task, folder)


def _hidden(folder: Path) -> None:
    usage = ModelUsage(input_tokens=100, output_tokens=10, reasoning_tokens=4000, total_tokens=4110)
    ran(quiz(exact()), lesser(usage=usage), folder)


def _old(folder: Path) -> None:
    """As before late 2024: version 1, no sample ids in the header."""
    folder.mkdir(parents=True)
    source = folder.with_name("old_source")
    both(lambda: quiz(exact()), source, log_format="json")
    for path in source.glob("*.json"):
        log = json.loads(path.read_text("utf-8"))
        del log["eval"]["dataset"]["sample_ids"]
        log["version"] = 1
        (folder / path.name).write_text(json.dumps(log), "utf-8")


CASES: dict[str, Callable[[Path], None]] = {
    "plain": lambda at: both(lambda: quiz(exact()), at),
    "two_scorers": lambda at: both(lambda: quiz([polite(), exact()]), at),
    "headline": lambda at: both(lambda: quiz([polite(), exact()], headline_metric="exact"), at),
    "points": lambda at: both(lambda: quiz(points()), at),
    "partly": lambda at: both(lambda: quiz(partly()), at),
    "pair": lambda at: both(lambda: quiz(pair()), at),
    "same_ids": _same_ids,
    "effort": _effort,
    "model_args": _model_args,
    "errors": _errors,
    "retried": lambda at: both(lambda: quiz(late()), at, retry_on_error=3),
    "wide": _wide,
    "pictures": _pictures,
    "token_limit": lambda at: both(lambda: quiz(exact()), at, token_limit=50),
    "hidden": _hidden,
    "epochs": lambda at: both(lambda: quiz(exact()), at, epochs=2),
    "before_after": _before_after,
    "old": _old,
}
"""How each case is made in a folder, by its name."""
