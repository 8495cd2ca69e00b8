"""Options in real evaluations: a new one is seen everywhere, and file forms do as packaged forms do."""

from __future__ import annotations

import importlib.util
import inspect
import pydoc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.solver import Solver, solver

from sale_inspect import _registry
from sale_inspect._edge import UsageError
from sale_inspect._inspect.arguments import takes
from sale_inspect._inspect.solvers import auction_solver
from sale_inspect._inspect.store import read
from sale_inspect.options import Option, Recorded, SaleOptions, at_least, markdown_table, policy_words

from .conftest import RunEval

ROOT = Path(__file__).parents[2]
FILE_FORMS = [
    ("tasks/hst_bench.py", "hst_coding"),
    ("tasks/hst_bench.py", "hst_deep_search"),
    ("solvers/routed.py", "routed"),
    ("solvers/sale.py", "sale"),
    ("solvers/sale_agent.py", "sale_agent"),
    ("solvers/single.py", "single"),
    ("scorers/pass_and_cost.py", "pass_and_cost"),
]
CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "hst_coding": ({"set": "mini", "bins": "b1", "sandbox": "local"}, "bin"),
    "hst_deep_search": ({"set": "mini", "bins": ["b1"]}, "bin"),
    "routed": ({"router": "random", "pool": "sim", "seed": 7}, "sed"),
    "sale": ({"pool": "sim", "judges": ["32b", "4b"], "memory": False}, "judge"),
    "sale_agent": ({"pool": "sim", "drop": "jury", "tools": None}, "tool"),
    "single": ({"agent": "8b", "pool": "sim"}, "agnet"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class HurriedOptions(SaleOptions):
    """The options of sale and one more."""

    hurry: Annotated[
        int,
        Option("How much it hurries.", check=at_least(0), told="hurry {}", recorded=Recorded()),
    ] = 0


@solver
@takes(HurriedOptions)
def hurried(options: HurriedOptions) -> Solver:
    """Hold an auction in a hurry."""
    return auction_solver(options)


def file_form(file: str, name: str) -> Callable[..., Any]:
    spec = importlib.util.spec_from_file_location(f"file_form_{name}", ROOT / file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    form: Callable[..., Any] = getattr(module, name)
    return form


def test_a_new_option_is_one_field_and_is_seen_everywhere(run_eval: RunEval, choices_task: Task) -> None:
    assert inspect.signature(hurried).parameters["hurry"].default == 0
    assert inspect.signature(hurried).parameters["hurry"].annotation is int
    assert "hurry: How much it hurries." in pydoc.render_doc(hurried)
    assert "| `hurry` | 0 | How much it hurries. |" in markdown_table(HurriedOptions)
    with pytest.raises(UsageError, match="hurry must be at least 0, got -1"):
        hurried(hurry=-1)
    log = run_eval(choices_task, hurried(pool="sim", hurry=3), limit=1)
    assert log.status == "success", log.error
    step = log.plan.steps[-1]
    assert step.params["hurry"] == 3 and step.params_passed == {"pool": "sim", "hurry": 3}
    (sample,) = log.samples or []
    record = read(sample).auction
    assert record is not None and record.options["hurry"] == 3
    assert policy_words(HurriedOptions, step.params) == ["hurry 3"]


def test_every_file_form_is_in_the_list() -> None:
    files = {
        str(path.relative_to(ROOT))
        for folder in ("tasks", "solvers", "scorers")
        for path in (ROOT / folder).glob("*.py")
    }
    assert files == {file for file, _ in FILE_FORMS}


@pytest.mark.parametrize(("file", "name"), FILE_FORMS)
def test_the_file_form_is_called_as_the_packaged_form(file: str, name: str) -> None:
    packaged = getattr(_registry, name)
    shown = inspect.signature(file_form(file, name), eval_str=True)
    assert shown == inspect.signature(packaged, eval_str=True)
    assert not any(each.kind is each.VAR_KEYWORD for each in shown.parameters.values())


@pytest.mark.parametrize(("file", "name"), [pair for pair in FILE_FORMS if pair[1] in CALLS])
def test_both_forms_refuse_what_they_do_not_know(file: str, name: str) -> None:
    options, typo = CALLS[name]
    for form in (getattr(_registry, name), file_form(file, name)):
        form(**options)
        with pytest.raises(UsageError, match=f"{name} has no option '{typo}'. Did you mean '"):
            form(**options, **{typo: "x"})


@pytest.mark.parametrize(
    ("file", "name"),
    [("solvers/sale.py", "sale"), ("solvers/sale_agent.py", "sale_agent"), ("solvers/single.py", "single")],
)
def test_inspect_records_the_same_for_both_forms(file: str, name: str, choices_task: Task, tmp_path: Path) -> None:
    options, _ = CALLS[name]
    steps = []
    for form in (getattr(_registry, name), file_form(file, name)):
        (log,) = inspect_eval(
            choices_task, solver=form(**options), limit=1, log_dir=str(tmp_path), display="none", log_realtime=False
        )
        assert log.status == "success", log.error
        steps.append(log.plan.steps[-1])
    packaged, filed = steps
    assert packaged.params == filed.params
    assert packaged.params_passed == filed.params_passed == options
    # All options are there, also those at their defaults.
    assert set(packaged.params) == set(inspect.signature(getattr(_registry, name)).parameters)
