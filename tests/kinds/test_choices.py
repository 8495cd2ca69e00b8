"""Labels and the reading of chosen choices equal Inspect's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelName, ModelOutput
from inspect_ai.scorer import Target
from inspect_ai.scorer import choice as choice_scorer
from inspect_ai.solver import TaskState

from sale_inspect._inspect.view import answer_choice
from sale_inspect._inspect.view._choices import choice_label, labelled_choices, parse_choices

places = st.integers(1, 40).flatmap(
    lambda count: st.tuples(st.just(count), st.sets(st.integers(0, count - 1), min_size=1))
)


@given(places, st.sampled_from([", ", ",", " and ", " "]), st.booleans(), st.sampled_from(["{}", "**{}**", "{}."]))
def test_what_is_written_is_read(drawn: tuple[int, set[int]], between: str, lower: bool, form: str) -> None:
    count, chosen = drawn
    labels = between.join(choice_label(place) for place in sorted(chosen))
    text = f"Some thought.\n{form.format(f'ANSWER: {labels.lower() if lower else labels}')}"
    assert parse_choices(text, count) == chosen


@given(places)
def test_marks_are_right_for_inspects_scorer(drawn: tuple[int, set[int]]) -> None:
    import anyio

    count, chosen = drawn
    labels = [choice_label(place) for place in sorted(chosen)]
    sample = Sample(input="q", choices=[f"c{place}" for place in range(count)], target=labels)
    state = TaskState(
        model=ModelName("mockllm/x"), sample_id="s", epoch=1, input="q", messages=[], choices=sample.choices,
        output=ModelOutput.from_content("mockllm/x", f"ANSWER: {','.join(labels)}"),
    )  # fmt: skip
    answer_choice(state)
    score = anyio.run(choice_scorer(), state, Target(labels))
    assert score is not None and score.value == "C"


@pytest.mark.parametrize(
    ("text", "count", "chosen"),
    [
        ("ANSWER: AB", 3, {0, 1}),
        ("ANSWER: A, B", 3, {0, 1}),
        ("I first said\nANSWER: A\nbut it is\nANSWER: B,C", 3, {1, 2}),
        ("ANSWER: 4", 30, {29}),
        ("ANSWER: 5", 30, set()),
        ("ANSWER: A,E", 4, set()),
        ("ANSWER: none of them", 4, set()),
        ("", 4, set()),
        ("b", 4, {1}),
        ("ANSWER: B", 4, {1}),
    ],
)
def test_examples(text: str, count: int, chosen: set[int]) -> None:
    assert parse_choices(text, count) == chosen


def test_the_wording_of_tasks_with_one_right_choice_stays() -> None:
    assert labelled_choices(["x", "y"]) == "A) x\nB) y\n\nEnd your answer with a line of the form: ANSWER: <letter>"
