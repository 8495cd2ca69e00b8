"""Study files: what they say, and what is refused with a line and a remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sale_inspect._errors import StudyError
from sale_inspect.study import Starter, parse_study, read_study, starter_text, study_schema, study_steps

TEXT = starter_text(Starter(name="mine", pool="pool.yaml", task="quiz.py@quiz", cap=2.0))


def refused(text: str) -> str:
    with pytest.raises(StudyError) as caught:
        parse_study(text, "mine.yaml")
    return str(caught.value)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


@pytest.mark.parametrize(
    "starter",
    [
        Starter(name="a: b", pool="sim", task="sale_inspect/hst_coding"),
        Starter(name="ü", pool="p.yaml", task="q.py", keep_pass=None, budget=0.02),
        Starter(name="x", pool="p.yaml", task="q.py", keep_pass=None, worth=0.5, cap=5),
        Starter(name="x", pool="p.yaml", task="q.py", keep_pass=None),
    ],
)
def test_what_init_writes_is_valid_and_says_what_was_asked(starter: Starter) -> None:
    study = parse_study(starter_text(starter), "x")
    assert (study.name, study.pool, study.tasks[0].task) == (starter.name, starter.pool, starter.task)
    goal = study.goal
    assert (goal.keep_pass, goal.budget, goal.worth) == (starter.keep_pass, starter.budget, starter.worth)
    assert study.cap == starter.cap


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("epochs: 1", "epoch: 1", "there is no field 'epoch'. Did you mean 'epochs'?"),
        ("max_samples: 10", "max_samples: ten", "max_samples: Input should be a valid integer"),
        ("wtp-knn", "wtpknn", "there is no router 'wtpknn'"),
        ("{name: sale}", "{name: sale, memory: of}", "memory: must be run, off or postgresql://"),
        ("{name: sale}", "{name: sale, options: {jurry: panel}}", "no option 'jurry'. Did you mean 'jury'?"),
        ("{name: sale}", "{name: sale, options: {weights: w.json}}", "weights is not given here"),
        ("{name: sale}", "{name: wtp-knn}", "two policies are called 'wtp-knn'"),
        ("{name: sale}", "{name: a/b}", "policies.sale.0.name"),
        ("{name: sale}", "{name: large-alone}", "a name that ends with -alone"),
        ("{name: sale}", "{name: sale, fit: minmax, options: {jury: panel}}", "must have the same `options`"),
        ("fit: calibrated", "fit: calibrate", "Input should be 'none', 'minmax', 'outcome' or 'calibrated'"),
        ("fit: calibrated", "fit: calibrated, memory: run", "does not refine, so it looks at no memory"),
        ("{name: sale}", "{name: sale, options: {escalate: 1}}", "escalate needs accept"),
        (
            *("{name: sale}", "{name: sale, options: {escalate: 1, accept: 'scorer:wtp-knn'}}"),
            "accept: scorer:wtp-knn must name a router of this study that scores answers",
        ),
        ("{name: sale}", "{name: sale, fit: calibrated, options: {learn: outcome}}", "learn is not for studies"),
        ("dev_share: 0.4", "dev_share: 1.4", "split.dev_share: Input should be less than 1"),
        ("dev_share: 0.4", "dev_share: 0.4\n  arg: split", "give exactly one of dev_share, arg, or dev and test"),
        ("keep_pass: 0.99", "keep_pass: 0.99\n  worth: 1", "give one of keep_pass, budget and worth"),
        ("cap: 2", "cap: -2", "cap: Input should be greater than 0"),
    ],
)
def test_a_fault_names_its_line_and_the_remedy(old: str, new: str, said: str) -> None:
    text = TEXT.replace(old, new)
    assert text != TEXT
    error = refused(text)
    assert said in error
    found = re.search(r"line (\d+)", error)
    assert found is not None
    lines = text.splitlines()
    # The line that is named, or one of the two under it, is the one that was changed.
    near = "\n".join(lines[int(found[1]) - 1 : int(found[1]) + 4])
    assert any(part.strip() in near for part in new.splitlines())


def test_what_is_no_study_is_refused(tmp_path: Path) -> None:
    assert "malformed YAML" in refused("a: [")
    assert "must be a mapping" in refused("- a")
    assert "the field 'tasks' is missing" in refused("name: x\npool: sim\nsplit: {dev_share: 0.5}\n")
    with pytest.raises(StudyError, match="cannot be read"):
        read_study(tmp_path / "none.yaml")


def test_orders_need_an_auction_that_depends_on_order() -> None:
    text = TEXT.replace("orders: 1", "orders: 2").replace("    - {name: sale}", "    - {name: sale, memory: off}")
    assert "only auctions with memory depend on the order" in refused(text)
    said = refused(TEXT.replace("orders: 1", "orders: 2"))
    assert "quiz.py@quiz must shuffle its samples itself" in said and "args: {order_seed: null}" in said


def test_the_schema_has_every_field() -> None:
    assert {"name", "pool", "tasks", "split", "policies", "goal", "cap"} <= study_schema()["properties"].keys()


def test_steps_are_dev_then_test_and_every_agent_runs_alone() -> None:
    text = TEXT.replace("orders: 1", "orders: 2").replace("args: {}", "args: {order_seed: null}")
    study = parse_study(text, "x")
    steps = list(study_steps(study, ("small", "org/large:1")))
    names = [step.name for step in steps]
    assert len(set(names)) == len(names)
    assert [step.side for step in steps] == sorted(step.side for step in steps)
    assert [step.policy for step in steps if step.side == "dev"] == ["small alone", "org/large:1 alone", "auctions"]
    assert names[:1] == ["dev/small-alone"]
    assert sum(step.policy == "sale" for step in steps) == 2
    # Names become folders: nothing of an agent's name leaves them.
    assert all(re.fullmatch(r"(dev|test)/[A-Za-z0-9._+-]+(/order-1)?", name) for name in names)
    (fitted,) = [step for step in steps if step.policy == "sale-calibrated"]
    assert fitted.needs == ("fits/calibrated.npz",) and fitted.args["memory"] == "off"


def test_a_gate_is_the_files_and_no_option_of_dev_auctions() -> None:
    text = TEXT.replace("fit: calibrated}", "fit: calibrated, options: {auction: always, jury: panel}}")
    steps = {step.policy: step for step in study_steps(parse_study(text, "x"), ("small", "large"))}
    for policy in ("auctions", "sale-calibrated"):
        assert steps[policy].args["jury"] == "panel" and "auction" not in steps[policy].args


def test_an_auction_may_escalate_by_a_scorer_that_the_study_trains() -> None:
    text = TEXT.replace("{name: sale}", "{name: sale, options: {escalate: 1, accept: 'scorer:frugalgpt'}}")
    text = text.replace("wtp-knn", "frugalgpt")
    study = parse_study(text, "mine.yaml")
    steps = list(study_steps(study, ("small", "large")))
    (step,) = [each for each in steps if each.policy == "sale"]
    assert step.args["accept"] == "scorer:routers/frugalgpt.npz" and step.args["escalate"] == 1
    assert "routers/frugalgpt.npz" in step.needs, "another scorer is another evaluation"


def test_fitted_auctions_may_escalate_or_not_and_dev_holds_them_without() -> None:
    text = TEXT.replace(
        "{name: sale}",
        "{name: sale, fit: calibrated, options: {escalate: 1, accept: jury, accept_at: 3.5, jury: panel}}",
    )
    calibrated = next(line for line in text.splitlines() if "fit: calibrated" in line and "escalate" not in line)
    text = text.replace(calibrated, calibrated.replace("fit: calibrated", "fit: calibrated, options: {jury: panel}"))
    steps = list(study_steps(parse_study(text, "mine.yaml"), ("small", "large")))
    (dev,) = [each for each in steps if each.policy == "auctions"]
    assert dev.args["jury"] == "panel" and not {"escalate", "accept", "accept_at"} & set(dev.args)
    (further,) = [each for each in steps if each.policy == "sale"]
    assert (further.args["escalate"], further.args["accept"], further.args["accept_at"]) == (1, "jury", 3.5)
