"""Which samples are whose: every one once, near one front, within the limits; and what an array job's variables say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import GenerateConfig
from inspect_ai.util import AdaptiveConcurrency

from sale_inspect._errors import StudyError
from sale_inspect._inspect.store import adaptive_share, connections_of
from sale_inspect._inspect.store._connections import shared_connections
from sale_inspect.shards import (
    RUN_KEY,
    SHARD_KEY,
    Shard,
    joined_run,
    parse_shard,
    samples_at_once,
    shard_of,
    shard_of_environment,
    share_of,
    whole_positions,
)

COUNTS = st.integers(1, 12)


@given(samples=st.integers(0, 60), of=COUNTS)
def test_every_sample_is_in_one_shard_and_its_log_says_its_place_in_the_whole(samples: int, of: int) -> None:
    whole = [f"q{number}" for number in range(samples)]
    found: dict[str, int] = {}
    for index in range(of):
        shard = Shard(index, of)
        metadata = {RUN_KEY: "r", SHARD_KEY: [index, of]}
        own = whole_positions(shard.members(whole), metadata)
        assert not own.keys() & found.keys()
        assert shard_of(metadata) == shard and joined_run(metadata) == "r"
        found |= own
    assert found == {name: place for place, name in enumerate(whole)}


@given(start=st.integers(0, 100), lag=st.integers(1, 40), of=COUNTS)
def test_the_samples_that_a_lag_lets_work_are_spread_over_all_shards(start: int, lag: int, of: int) -> None:
    window = [position % of for position in range(start, start + lag)]
    counts = [window.count(index) for index in range(of)]
    assert min(counts) == samples_at_once(lag, of) and max(counts) - min(counts) <= 1


@given(limit=st.integers(0, 200), of=COUNTS)
def test_shares_of_a_limit_sum_to_it(limit: int, of: int) -> None:
    shares = [share_of(limit, Shard(index, of)) for index in range(of)]
    assert sum(shares) == limit and max(shares) - min(shares) <= 1


@given(of=st.integers(1, 40))
def test_all_shards_together_are_one_user_to_a_provider(of: int) -> None:
    most = 0
    for shard in (Shard(index, of) for index in range(of)):
        with connections_of(shard):
            assert shared_connections(GenerateConfig(temperature=0.5)) == GenerateConfig(temperature=0.5)
            adaptive = shared_connections(GenerateConfig(adaptive_connections=40)).adaptive_connections
            most += shared_connections(GenerateConfig(max_connections=40)).max_connections or 0
        limits = adaptive_share(AdaptiveConcurrency(), shard)
        assert 1 <= limits.min <= limits.start <= limits.max
        if of > 1:
            assert isinstance(adaptive, AdaptiveConcurrency) and adaptive.max == share_of(40, shard)
    assert most == 40
    assert sum(adaptive_share(AdaptiveConcurrency(), Shard(index, of)).max for index in range(of)) == 100


@pytest.mark.parametrize("metadata", [None, {}, {SHARD_KEY: "1/2"}, {SHARD_KEY: [2, 2]}, {SHARD_KEY: [0.0, 1]}])
def test_other_metadata_are_of_no_shard(metadata: dict[str, object] | None) -> None:
    assert shard_of(metadata) is None and joined_run({**(metadata or {}), RUN_KEY: "r"}) == ""
    assert whole_positions(["a", "b"], metadata) == {"a": 0, "b": 1}


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "1/0", "-1/4", "a/b", "1", "1/4/2", "1/1000000"])
def test_what_is_no_shard_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(StudyError, match=r"write i/n|1/n to n/n"):
        parse_shard(text)


def array(task: int, count: int, first: int, last: int) -> dict[str, str]:
    names = ("ID", "COUNT", "MIN", "MAX")
    values = (task, count, first, last)
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in zip(names, values, strict=True)}


def test_an_array_job_names_its_shard_whatever_its_numbers_begin_with() -> None:
    assert str(parse_shard(" 2/4 ")) == "2/4"
    for first in (0, 1, 7):
        shards = [shard_of_environment(array(first + each, 4, first, first + 3)) for each in range(4)]
        assert shards == [Shard(index, 4) for index in range(4)]
    own = {"SALE_SHARD_INDEX": "2", "SALE_SHARD_COUNT": "3", **array(1, 9, 1, 9)}
    assert shard_of_environment(own) == Shard(2, 3)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "is set"),
        ({"SALE_SHARD_INDEX": "1"}, "SALE_SHARD_COUNT must be a whole number and is 'not set'"),
        ({"SALE_SHARD_INDEX": "x", "SALE_SHARD_COUNT": "3"}, "SALE_SHARD_INDEX must be"),
        ({"SALE_SHARD_INDEX": "3", "SALE_SHARD_COUNT": "3"}, "no such shard"),
        (array(3, 2, 1, 3), "numbers are left out"),
        ({"SLURM_ARRAY_TASK_ID": "1"}, "SLURM_ARRAY_TASK_COUNT must be"),
    ],
)
def test_an_environment_that_names_no_shard_is_one_error(environment: dict[str, str], said: str) -> None:
    with pytest.raises(StudyError, match=said):
        shard_of_environment(environment)
