"""Dev and test: never one sample on both sides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect._errors import StudyError
from sale_inspect.study import StudySample, StudySplit, check_apart, divide, first_by_hash


def samples(texts: list[str]) -> list[StudySample]:
    return [StudySample(id=f"s{number}", digest=text) for number, text in enumerate(texts)]


@given(st.lists(st.text(max_size=3), min_size=1, max_size=60), st.integers(0, 5), st.floats(0.05, 0.95))
def test_a_share_divides_all_and_equal_texts_stay_together(texts: list[str], seed: int, share: float) -> None:
    every = samples(texts)
    try:
        sides = divide(every, StudySplit(dev_share=share, seed=seed), "quiz")
    except StudyError as error:
        assert "leaves" in str(error)
        return
    assert sorted([*sides.dev, *sides.test], key=lambda each: each.id) == sorted(every, key=lambda each: each.id)
    assert not {each.digest for each in sides.dev} & {each.digest for each in sides.test}


def test_a_share_depends_on_text_and_seed_alone() -> None:
    texts = [f"question {number}" for number in range(400)]
    one = divide(samples(texts), StudySplit(dev_share=0.3), "quiz")
    other = divide(list(reversed(samples(texts))), StudySplit(dev_share=0.3), "quiz")
    assert {each.digest for each in one.dev} == {each.digest for each in other.dev}
    assert 80 < len(one.dev) < 160
    again = divide(samples(texts), StudySplit(dev_share=0.3, seed=1), "quiz")
    assert {each.digest for each in one.dev} != {each.digest for each in again.dev}


def test_ids_on_both_sides_unknown_ids_and_one_text_under_two_ids_are_refused() -> None:
    every = samples(["a", "b", "a"])
    with pytest.raises(StudyError, match="in dev and in test both: s0"):
        divide(every, StudySplit(dev=("s0",), test=("s0", "s1")), "quiz")
    with pytest.raises(StudyError, match="does not have: s9"):
        divide(every, StudySplit(dev=("s9",), test=("s1",)), "quiz")
    with pytest.raises(StudyError, match="ask the same in dev and in test"):
        divide(every, StudySplit(dev=("s0",), test=("s2",)), "quiz")
    with pytest.raises(StudyError, match="s0 = s2"):
        check_apart(every[:1], every[2:], "quiz")


def test_at_most_so_many_in_the_datasets_order() -> None:
    every = samples([f"q{number}" for number in range(50)])
    few = first_by_hash(every, 10)
    assert len(few) == 10
    assert [every.index(each) for each in few] == sorted(every.index(each) for each in few)
    assert set(first_by_hash(every[:30], 10)) & set(few)
    assert first_by_hash(every, None) == tuple(every)


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 4)), min_size=2, max_size=40), st.integers(0, 5))
def test_a_share_keeps_twins_together(texts: list[tuple[str, int]], seed: int) -> None:
    every = [StudySample(id=str(n), digest=f"{text}{n}", twins=f"{group}") for n, (text, group) in enumerate(texts)]
    try:
        sides = divide(every, StudySplit(dev_share=0.5, seed=seed), "quiz")
    except StudyError as error:
        assert "leaves" in str(error)
        return
    assert not {each.group for each in sides.dev} & {each.group for each in sides.test}
