"""Prompts: their fields, their filling, their versions; and the record's way through JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from sale_inspect import OptionError
from sale_inspect.auction import (
    PROMPT_NAMES,
    AuctionRecord,
    BidRecord,
    PastAuction,
    PastPlan,
    Weights,
    packaged_prompts,
    prompt,
    prompt_versions,
    read_prompts,
)

FIELDS = {
    "task": {"task", "environment"},
    "bid": {"words"},
    "jury": {"guard", "plan", "form"},
    "jury_retry": {"form"},
    "panel": {"count", "guard", "plans", "form"},
    "panel_retry": {"form"},
    "refine": {"strategy", "pairs", "words"},
    "pair": {"task", "losing", "winning", "outcome"},
    "execute": {"strategy"},
    "answer": {"guard", "answer", "form"},
}


@pytest.mark.parametrize("name", PROMPT_NAMES)
def test_the_fields_of_a_prompt_are_the_declared_ones(name: str) -> None:
    assert prompt(name).fields == FIELDS[name]


def test_every_prompt_has_declared_fields() -> None:
    assert set(PROMPT_NAMES) == set(FIELDS)


@pytest.mark.parametrize("name", [name for name, fields in FIELDS.items() if fields])
@pytest.mark.parametrize("text", ["costs $5, not $words", "{words} and {{x}}", "100% $$ \\1", "${strategy}"])
def test_text_is_inserted_verbatim_whatever_signs_it_holds(name: str, text: str) -> None:
    filled = prompt(name).fill(**{field: f"[{field}: {text}]" for field in FIELDS[name]})
    for field in FIELDS[name]:
        assert f"[{field}: {text}]" in filled


def test_a_field_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="environment"):
        prompt("task").fill(task="t")


def test_versions_name_every_prompt_and_tell_texts_apart() -> None:
    versions = prompt_versions()
    assert set(versions) == set(PROMPT_NAMES)
    assert len(set(versions.values())) == len(PROMPT_NAMES)
    assert all(len(version) == 12 for version in versions.values())


def test_a_folder_of_prompts_takes_the_place_of_those_that_it_has(tmp_path: Path) -> None:
    (tmp_path / "bid.md").write_text("# Plan\n\nIn $words words, for $$5.")
    (tmp_path / "notes.txt").write_text("not read")
    mine, packaged = read_prompts(tmp_path), packaged_prompts()
    assert mine["bid"].fill(words=9) == "# Plan\n\nIn 9 words, for $5."
    changed = {name for name, version in mine.versions().items() if packaged.versions()[name] != version}
    assert changed == {"bid"} and mine["jury"] == packaged["jury"]
    assert mine.unlike_packaged() == ("bid",) and packaged.unlike_packaged() == ()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("bids.md", "x", r"bids.md is no prompt of an auction. There are: task.md, bid.md"),
        ("bid.md", "no field", r"bid.md lacks the field \$words. It needs \$words."),
        ("execute.md", "$strategy and $task", r"execute.md has the unknown field \$task. It can have \$strategy."),
        ("bid.md", "$words for $5", r"bid.md has a \$ that begins no field. Write \$\$ for a dollar sign."),
        ("README.txt", "x", r"has no prompt. Files are called task.md, bid.md"),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(OptionError, match=message):
        read_prompts(tmp_path)
    with pytest.raises(OptionError, match="there is no folder"):
        read_prompts(tmp_path / "none")


def bid(agent: str, z: float, *, refined: bool = False) -> BidRecord:
    return BidRecord(
        agent=agent,
        refined=refined,
        strategy=f"{'second' if refined else 'first'} plan of {agent}",
        truncated=False,
        usd_per_mtok=0.05,
        length=4,
        price_length=0.1,
        entropy=0.9,
        logprob_entropy=None,
        text_entropy=0.9,
        ratings={"4b": 3, "32b": None},
        cost=0.0,
        value=-z,
        z=z,
    )


def record(winner: str, provisional: str) -> AuctionRecord:
    return AuctionRecord(
        task="t",
        epoch=1,
        position=0,
        pool="two",
        simulated=False,
        agents=("4b", "32b"),
        prices={"4b": 0.05, "32b": 0.36},
        weights=Weights(price=0.25, entropy=0.25, judges={"4b": 0.25, "32b": 0.25}, origin="uniform"),
        strategy_tokens=100,
        tokenizer="words-and-marks-1",
        entropy_kind="text",
        jury_mode="individual",
        seed=0,
        prompts={"bid": "0123456789ab"},
        embedder="hashing-1024",
        memory="run",
        bids=(bid("4b", 0.0), bid("32b", -0.3)),
        refined=(bid("4b", -0.4, refined=True),),
        provisional_winner=provisional,
        winner=winner,
    )


@pytest.mark.parametrize(
    ("winner", "strategy"),
    [("4b", "second plan of 4b"), ("32b", "first plan of 32b")],
    ids=["refined", "first"],
)
def test_the_winning_bid_is_the_refined_one_exactly_if_that_won(winner: str, strategy: str) -> None:
    assert record(winner, "32b").winning_bid.strategy == strategy


def test_a_provisional_winner_that_stays_executes_its_first_plan() -> None:
    assert record("4b", "4b").winning_bid.strategy == "first plan of 4b"


def test_the_memory_keeps_every_plan_with_who_won_and_what_came_of_it() -> None:
    held = record("4b", "32b").model_copy(update={"identities": {"4b": "1111", "32b": "2222"}})
    past = PastAuction.of(held, epoch=2, position=7, solved=False)
    assert past.plans == (
        PastPlan(agent="4b", identity="1111", refined=False, text="first plan of 4b"),
        PastPlan(agent="32b", identity="2222", refined=False, text="first plan of 32b"),
        PastPlan(agent="4b", identity="1111", refined=True, text="second plan of 4b"),
    )
    assert (past.provisional_winner, past.winner, past.solved) == ("32b", "4b", False)
    assert (past.epoch, past.position, past.task) == (2, 7, held.task)
    assert {name: plan.text for name, plan in past.latest_plans().items()} == {
        "4b": "second plan of 4b",
        "32b": "first plan of 32b",
    }


def test_a_record_survives_json() -> None:
    before = record("4b", "32b")
    after = AuctionRecord.model_validate_json(before.model_dump_json())
    assert after == before
    assert after.winning_bid == before.winning_bid


def test_a_record_with_an_unknown_field_is_refused() -> None:
    data = json.loads(record("4b", "32b").model_dump_json()) | {"surprise": 1}
    with pytest.raises(ValidationError, match="surprise"):
        AuctionRecord.model_validate(data)
