"""Options are written once: everything that tells of them or checks them follows from the class."""

from __future__ import annotations

import inspect
import random  # noqa: TID251 - only to reorder texts
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect._errors import OptionError
from sale_inspect.auction import TERMS, AuctionRecord, Switches
from sale_inspect.options import (
    PRESET_DEFAULTS,
    Options,
    Preset,
    RoutedOptions,
    SaleOptions,
    SingleOptions,
    build,
    docstring,
    markdown_table,
    option_rows,
    policy_words,
    preset_of,
    recorded,
    signature,
)
from sale_inspect.pools import load_pool
from tools import options as option_tables

ALL: list[type[Options]] = list(option_tables.OPTIONS.values())


@pytest.mark.parametrize("options", ALL)
def test_every_option_has_help_a_default_of_its_own_type_and_a_place_in_all_texts(options: type[Options]) -> None:
    names = [row.name for row in option_rows(options)]
    assert names == [field.name for field in fields(options)]
    assert list(signature(options, None).parameters) == names
    shown = docstring(options, "First line.\n\nReturns:\n    Something.")
    assert shown.startswith("First line.\n\nArgs:\n") and shown.endswith("Returns:\n    Something.")
    table = markdown_table(options).splitlines()
    assert len(table) == 2 + len(names)
    for row, line in zip(option_rows(options), table[2:], strict=True):
        assert row.option.help.endswith(".") and (row.option.help[0] == "`" or row.option.help[0].isupper())
        assert f"    {row.name}: " in shown
        assert line.startswith(f"| `{row.name}` | ") and line.count("|") == 4
    required = {row.name: "x" for row in option_rows(options) if row.default is inspect.Parameter.empty}
    options(**required)  # defaults pass their own checks


@pytest.mark.parametrize("page", option_tables.pages(), ids=lambda page: page.name)
def test_the_tables_of_the_docs_are_those_of_the_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert option_tables.page_with_tables(text) == text, "run: python tools/options.py --write"


def test_the_mechanism_page_has_the_table_of_sale() -> None:
    assert markdown_table(SaleOptions) in (option_tables.ROOT / "docs" / "mechanism.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memroy": "off"}, "sale has no option 'memroy'. Did you mean 'memory'?"),
        ({"zzz": 1}, "sale has no option 'zzz'. There are: pool, preset, jury, "),
        ({"preset": "theirs"}, "preset must be one of paper, ours or null, got 'theirs'."),
        ({"prefer": 1.5}, "prefer must be from 0 to 1, got 1.5."),
        ({"refined": "max"}, "refined must be one of paper, mean or null, got 'max'."),
        ({"memory_lag": 0}, "memory_lag must be at least 1, got 0."),
        ({"memory_lag": "two"}, "memory_lag must be a whole number, got 'two'."),
        ({"memory_lag": True}, "memory_lag must be a whole number, got True."),
        ({"neighbours": 2.5}, "neighbours must be a whole number, got 2.5."),
        ({"call_timeout": 0}, "call_timeout must be more than 0, got 0."),
        ({"call_timeout": float("nan")}, "call_timeout must be more than 0, got nan."),
        ({"frozen": "yes"}, "frozen must be true or false, got 'yes'."),
        ({"jury": "grand"}, "jury must be one of individual, panel, got 'grand'."),
        ({"drop": "price,tone"}, "drop: unknown term 'tone'. There are: price, length, entropy, jury, refinement."),
        ({"defences": ["walls"]}, "defences: unknown defence 'walls'. There are: quote, anonymous, "),
        ({"judges": ""}, "judges: name at least one, or use drop=jury for no jury."),
        ({"judges": [1, 2]}, "judges must be a text or a list or null, got [1, 2]."),
        ({"pool": 4}, "pool must be a text or null, got 4."),
    ],
)
def test_a_wrong_option_is_one_sentence_with_the_rule(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as error:
        build(SaleOptions, "sale", (), options)
    assert str(error.value).startswith(message)


def test_positions_are_for_what_one_names_first() -> None:
    assert build(SingleOptions, "single", ("4b",), {"pool": "sim"}).agent == "4b"
    assert build(SaleOptions, "sale", ("sim",), {}).pool == "sim"
    with pytest.raises(OptionError, match="sale takes its options by name, for instance check="):
        build(SaleOptions, "sale", ("sim", "panel"), {})
    with pytest.raises(OptionError, match="single needs the option 'agent'"):
        build(SingleOptions, "single", (), {"pool": "sim"})
    with pytest.raises(OptionError, match="option 'router' is given twice"):
        build(RoutedOptions, "routed", ("random",), {"router": "cheapest"})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, []),
        ({"pool": "sim", "check": False, "seed": 3, "defences": ["anonymous", "quote"], "memory": True}, []),
        (
            {"jury": "panel", "memory": False, "strategy_tokens": 150},
            ["panel jury", "no memory", "plans of 150 tokens"],
        ),
        ({"judges": ["32b", "4b"], "drop": "price, jury"}, ["judges 32b and 4b", "without price and jury"]),
        ({"memory": "kept/mine.sqlite", "frozen": True}, ["memory mine", "frozen memory"]),
        ({"preset": "ours", "refined": "mean", "prefer": 0.2}, ["preset ours"]),
        ({"weights": "dev/weights.json", "defences": ""}, ["fitted weights", "defences quote"]),
        ({"defences": "checks"}, ["defences checks and quote"]),
        ({"preset": "ours", "refined": "paper"}, ["preset ours", "refined by paper"]),
        ({"preset": "paper", "refined": "mean", "prefer": 0}, ["refined by mean"]),
        ({"preset": "ours", "weights": "w.json", "prefer": 0}, ["preset ours", "weights w"]),
        ({"prompts": "my/prompts", "plan": "none"}, ["prompts prompts", "winner without its plan"]),
        ({"weights": "mine.json", "agent": "swe/agent"}, ["weights mine", "executor swe/agent"]),
    ],
)
def test_a_policys_name_tells_of_what_is_not_at_its_default(options: dict[str, Any], words: list[str]) -> None:
    assert policy_words(SaleOptions, options) == words


def test_other_solvers_tell_of_the_same_options_with_the_same_words() -> None:
    assert policy_words(SingleOptions, {"agent": "4b", "executor": "mine"}) == ["executor mine"]
    assert policy_words(RoutedOptions, {"router": "r.npz", "knob": 0.5, "agent": "mine"}) == [
        "knob 0.5",
        "executor mine",
    ]


@given(st.lists(st.sampled_from(TERMS), unique=True), st.randoms(use_true_random=False), st.booleans())
def test_the_order_and_the_form_of_names_change_nothing(terms: list[str], order: random.Random, as_text: bool) -> None:
    shuffled = order.sample(terms, len(terms))
    one, other = SaleOptions(drop=terms), SaleOptions(drop=", ".join(shuffled) if as_text else shuffled)
    assert one.switches == other.switches
    assert recorded(one) == recorded(other)
    assert bool(policy_words(SaleOptions, {"drop": shuffled})) == bool(terms)


def test_names_become_the_mechanisms_variant() -> None:
    options = SaleOptions(drop="price", judges="4b,32b", defences="normalise", without="14b")
    assert options.switches == Switches(drop=frozenset(["price"]), judges=("4b", "32b"), normalise=True)
    assert SaleOptions(judges=["peers"]).switches.judges == "peers"
    pool = load_pool("sim")
    assert options.pool_of(pool).names == ("4b", "8b", "32b")
    with pytest.raises(OptionError, match="judges: '14b' is neither all, peers or self nor an agent of the pool"):
        SaleOptions(judges="14b", without="14b").pool_of(pool)
    with pytest.raises(OptionError, match=r"without: '70b' is not in the pool \(4b, 8b, 14b, 32b\)"):
        SaleOptions(without="70b").pool_of(pool)


def test_each_recorded_option_has_a_field_of_the_record() -> None:
    for row in option_rows(SaleOptions):
        if row.option.recorded is not None:
            assert row.option.recorded.field in AuctionRecord.model_fields
    # What else a record holds of options: what became of them.
    resolved = {"pool", "weights", "memory", "embedder", "prompts"}
    kept = {row.name for row in option_rows(SaleOptions) if row.option.recorded is not None}
    assert kept | resolved | {"frozen", "tools", "check", "memory_required", "memory_wait", "score_steps"} == {
        row.name for row in option_rows(SaleOptions)
    }


def test_a_field_that_is_no_option_is_refused() -> None:
    @dataclass(frozen=True, kw_only=True, slots=True)
    class Bare(SaleOptions):
        extra: int = 0

    with pytest.raises(TypeError, match=r"Bare.extra must be Annotated\[type, Option"):
        option_rows(Bare)


def test_an_option_that_several_have_can_be_explained_anew() -> None:
    (own,) = [row.option.help for row in option_rows(RoutedOptions) if row.name == "seed"]
    (shared,) = [row.option.help for row in option_rows(SaleOptions) if row.name == "seed"]
    assert own == "Seed of `random`. A trained router has its own." != shared


@pytest.mark.parametrize("preset", ["paper", "ours"])
@given(data=st.data())
def test_a_preset_decides_what_is_not_set_and_nothing_else(preset: Preset, data: st.DataObject) -> None:
    values = {"refined": ("paper", "mean"), "prefer": (0.0, 0.2, 0.5)}
    chosen: dict[str, Any] = {name: data.draw(st.sampled_from([None, *choices])) for name, choices in values.items()}
    options = SaleOptions(preset=preset, **chosen).settled()
    for name, value in chosen.items():
        assert getattr(options, name) == (PRESET_DEFAULTS[name][preset] if value is None else value)
    assert options.settled() == options and options.settled("ours") == options
    assert options.switches == SaleOptions(preset=preset, **chosen).switches
    assert recorded(options)["options"]["preset"] == preset


def test_every_option_of_the_presets_is_unset_until_one_of_them_decides_and_both_fit_its_type() -> None:
    rows = {row.name: row for row in option_rows(SaleOptions)}
    for name, by_preset in PRESET_DEFAULTS.items():
        assert rows[name].default is None and set(by_preset) == {"paper", "ours"}
        for preset in by_preset:
            SaleOptions(preset=cast(Preset, preset)).settled()
    # Without a fitted file and without a word of the user, it is the paper's mechanism.
    assert SaleOptions().settled().switches == Switches() == Switches(refined="paper", prefer=0.0)


def test_a_calibrated_file_brings_ours_a_fitted_one_takes_the_place_of_the_prior() -> None:
    assert [preset_of(each) for each in (None, "minmax", "outcome", "calibrated")] == [None, None, None, "ours"]
    assert SaleOptions().settled("ours").refined == "mean"
    assert SaleOptions(preset="paper").settled("ours").refined == "paper"
    fitted = SaleOptions(preset="ours", weights="w.json")
    assert (fitted.settled().prefer, fitted.settled().refined) == (0.0, "mean")
    assert SaleOptions(preset="ours", weights="w.json", prefer=0.3).settled().prefer == 0.3
