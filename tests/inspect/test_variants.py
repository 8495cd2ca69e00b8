"""The switches of the solver, in real evaluations: what is asked, what is recorded, and that deciding again agrees."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, resolve_sample_attachments

from sale_inspect._edge import UsageError
from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.auction import AuctionRecord, call_key, drawn_labels, packaged_prompts, redecide
from sale_inspect.options import PRESET_DEFAULTS

from .conftest import RunEval

POOL = ("4b", "8b", "14b", "32b")


def held(run_eval: RunEval, limit: int = 8, **options: Any) -> tuple[EvalLog, list[AuctionRecord]]:
    log = run_eval(hst_coding(set="mini", bins="b1,b2", sandbox="local"), sale(pool="sim", **options), limit=limit)
    assert log.status == "success", log.error
    records = [read(sample).auction for sample in log.samples or []]
    assert all(record is not None for record in records)
    return log, [record for record in records if record is not None]


def asked(log: EvalLog, words: str) -> int:
    """Model calls of the whole log whose last message holds the words."""
    count = 0
    for sample in log.samples or []:
        for event in resolve_sample_attachments(sample, "full").events:
            if isinstance(event, ModelEvent) and any(words in message.text for message in event.input[-1:]):
                count += 1
    return count


def jury_tokens(log: EvalLog) -> int:
    entries = [entry for sample in log.samples or [] for entry in read(sample).entries or ()]
    return sum(entry.usage.total for entry in entries if entry.phase == "jury")


VARIANTS: list[dict[str, Any]] = [
    {},
    {"jury": "panel"},
    {"judges": "peers"},
    {"judges": "self"},
    {"judges": "32b,4b"},
    {"drop": "price"},
    {"drop": "length,entropy"},
    {"drop": "jury"},
    {"drop": "refinement"},
    {"without": "32b"},
    {"defences": "quote,anonymous,normalise,checks"},
    {"defences": ""},
    {"winning": "outcome"},
    {"preset": "ours"},
    {"preset": "ours", "refined": "paper", "defences": "normalise"},
    {"refined": "mean", "jury": "panel"},
    {"prefer": 0.4, "judges": "peers"},
    {"plan": "none"},
]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_every_variant_runs_is_recorded_and_decides_the_same_again(run_eval: RunEval, options: dict[str, Any]) -> None:
    _, records = held(run_eval, limit=5, **options)
    agents = tuple(name for name in POOL if name != options.get("without"))
    for record in records:
        assert record.agents == agents
        assert record.jury_mode == options.get("jury", "individual")
        assert record.judges == options.get("judges", "all").replace("32b,4b", "32b,4b")
        assert record.drop == tuple(sorted(options["drop"].split(","))) if "drop" in options else record.drop == ()
        assert record.winning == options.get("winning", "auction")
        again = redecide(record)
        assert (again.provisional_winner, again.winner) == (record.provisional_winner, record.winner)
        assert dict(again.z) == pytest.approx({bid.agent: bid.z for bid in record.bids})
        assert dict(again.refined_z) == pytest.approx({bid.agent: bid.z for bid in record.refined})
        preset = options.get("preset", "paper")
        assert record.options["preset"] == preset
        for name, by_preset in PRESET_DEFAULTS.items():
            assert record.options[name] == options.get(name, by_preset[preset])
        if "refinement" in record.drop:
            assert record.refined == () and record.winner == record.provisional_winner


def test_only_the_judges_that_are_wanted_are_asked(run_eval: RunEval) -> None:
    for choice, per_bid in (("peers", 3), ("self", 1), ("32b,4b", 2)):
        _, records = held(run_eval, judges=choice)
        for bid in (bid for record in records for bid in record.bids):
            assert len(bid.ratings) == per_bid
            assert (bid.agent in bid.ratings) == (choice == "self" or bid.agent in choice)
    log, records = held(run_eval, drop="jury")
    assert jury_tokens(log) == 0 and all(bid.ratings == {} for record in records for bid in record.bids)


def test_a_panel_takes_one_call_a_judge_hides_names_and_needs_fewer_tokens(run_eval: RunEval) -> None:
    single, _ = held(run_eval, memory="off")
    panel, records = held(run_eval, jury="panel", memory="off")
    assert asked(panel, "# Your ratings") == 4 * len(records)
    assert asked(single, "# Your rating\n") == 16 * len(records)
    assert jury_tokens(panel) < 0.6 * jury_tokens(single)
    for sample in panel.samples or []:
        for event in resolve_sample_attachments(sample, "full").events:
            if isinstance(event, ModelEvent) and "# Your ratings" in event.input[-1].text:
                plans = event.input[-1].text.split("# Your ratings")[1]
                assert not any(f"agent {name}" in plans for name in POOL)
    assert all(rating is not None for record in records for bid in record.bids for rating in bid.ratings.values())


def test_without_defences_judges_see_names_and_plans_are_quoted_all_the_same(run_eval: RunEval) -> None:
    for preset in ("paper", "ours"):
        log, records = held(run_eval, defences="", memory="off", preset=preset)
        assert asked(log, " of agent 32b ") > 0 and asked(log, "\n> Step 1: ") > 0
        assert asked(log, "--- plan P") == asked(log, "# Your rating\n") > 0
        assert all(record.defences == ("quote",) for record in records)


def test_past_plans_and_ones_own_are_data_in_refine_prompts(run_eval: RunEval) -> None:
    """Each line of a plan or past task has the prefix, between lines of one mark."""
    log, records = held(run_eval)
    assert sum(len(record.refined) for record in records) > 0
    for sample in log.samples or []:
        for event in resolve_sample_attachments(sample, "full").events:
            if isinstance(event, ModelEvent) and "# Your refined bid" in event.input[-1].text:
                body = event.input[-1].text.split("# Your refined bid")[1]
                assert body.count("\n> (plan of a simulated agent)") == body.count("(plan of a simulated agent)") >= 3
                assert (
                    len(set(re.findall(r"^--- (?:end of )?(?:your plan|plan|past task) (\w+) ---$", body, re.M))) == 1
                )


def test_labels_are_of_the_run_and_the_call(run_eval: RunEval) -> None:
    """Drawn from Inspect's id of the task, which a retry keeps, the sample, the epoch, the judge and the plans.

    So they are the same at any concurrency and after a retry; another run draws others; and neither a label nor the id
    stands in what a bidder reads.
    """
    drawn = []
    for _ in range(2):
        log, records = held(run_eval, jury="panel", memory="off")
        texts = [
            event.input[-1].text
            for sample in log.samples or []
            for event in resolve_sample_attachments(sample, "full").events
            if isinstance(event, ModelEvent)
        ]
        labels = {label for text in texts if "# Your ratings" in text for label in re.findall(r"\bP\d{4}\b", text)}
        calls = sum("# Your ratings" in text for text in texts)
        assert len(labels) > 3 * calls
        assert not any(label in text for text in texts if "# Your ratings" not in text for label in labels)
        assert not any(log.eval.task_id in text for text in texts)
        for record in records:
            key = call_key(log.eval.task_id, "0", str(record.position), str(record.epoch), record.task)
            plans = [part for bid in record.bids for part in (bid.agent, "False", bid.strategy)]
            expected = drawn_labels(call_key(key, "4b", *plans), len(record.bids))
            assert sum(all(f"--- plan {label} " in text for label in expected) for text in texts) == 1
        drawn.append(labels)
    assert len(drawn[0] & drawn[1]) < 0.2 * len(drawn[0])


def test_the_run_ends_with_one_line_on_what_was_not_known(run_eval: RunEval, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING"):
        held(run_eval, preset="ours", memory="off")
    (line,) = [each.getMessage() for each in caplog.records if "without a fitted file" in each.getMessage()]
    assert line.startswith("SALE (preset ours) ran without a fitted file: ")
    assert "sale-inspect fit LOGS --objective calibrated -o auction.npz" in line and "\n" not in line


def test_prompts_of_ones_own_are_asked_and_recorded_and_another_text_is_another_policy(
    run_eval: RunEval, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    packaged = packaged_prompts()
    (folder / "bid.md").write_text(packaged["bid"].text + "\nBe brief in MY way.\n")
    (folder / "panel.md").write_text(packaged["panel"].text + "\nJudge in MY way.\n")
    log, records = held(run_eval, prompts=str(folder), jury="panel", memory="off")
    assert asked(log, "Be brief in MY way.") == asked(log, "Judge in MY way.") == 4 * len(records)
    for record in records:
        versions = packaged.versions()
        assert {name for name, version in record.prompts.items() if version != versions[name]} == {"bid", "panel"}
    (folder / "execute.md").write_text("Do this: $strategy")
    with pytest.raises(UsageError, match=r"execute.md is not as the simulated agents know it"):
        sale(pool="sim", prompts=str(folder))


def test_a_winner_without_its_plan_is_shown_the_task_alone(run_eval: RunEval) -> None:
    log, records = held(run_eval, plan="none", memory="off")
    assert asked(log, "You won this task with the plan below") == 0
    with_plan, _ = held(run_eval, memory="off")
    assert asked(with_plan, "You won this task with the plan below") > 0
    assert all(record.options["plan"] == "none" for record in records)
    with pytest.raises(UsageError, match="plan=none has no effect with execute=task"):
        sale(pool="sim", plan="none", execute="task")
