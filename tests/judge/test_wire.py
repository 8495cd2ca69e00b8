"""Values cross the pipe exactly, or not at all."""

from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Hashable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.bench.judge.wire import MOST_DEPTH, Decoder, Encoder, RefusedError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(50, 20_000).map(lambda bits: (1 << bits) + 1)
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["\ud800", "a\x00b", "é"])
    | st.binary(max_size=20)
    | st.complex_numbers(allow_nan=False)
    | st.sampled_from([int, str, list, range(3, 9, 2), Decimal("1.10"), Fraction(1, 3)])
)
HASHABLE: st.SearchStrategy[Hashable] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=6,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.dictionaries(HASHABLE, inner, max_size=4).map(OrderedDict)
        | st.dictionaries(HASHABLE, inner, max_size=4).map(lambda value: defaultdict(None, value))
        | st.dictionaries(HASHABLE, st.integers(), max_size=4).map(Counter)
        | st.sets(HASHABLE, max_size=4)
        | st.lists(inner, max_size=4).map(lambda value: deque(value, maxlen=7))
        | st.binary(max_size=5).map(bytearray)
    ),
    max_leaves=20,
)


def refuse(value: object) -> None:
    return None


def no_handle(number: int, kind: str) -> Any:
    raise ValueError(kind)


def sent(value: Any) -> Any:
    data = json.dumps(Encoder({}, [], refuse).value(value))
    return Decoder({}, [], no_handle).value(json.loads(data))


def identical(one: Any, other: Any) -> bool:
    """Equal with equal types all the way down, in the same order, and NaN equal to NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (
            one == other and math.copysign(1, one) == math.copysign(1, other)
        )
    if isinstance(one, complex):
        return identical(one.real, other.real) and identical(one.imag, other.imag)
    if isinstance(one, (list, tuple, deque)):
        return len(one) == len(other) and all(map(identical, one, other))
    if isinstance(one, dict):
        return identical(list(one.items()), list(other.items()))
    return bool(one == other)


@given(VALUES)
def test_values_arrive_as_they_were_sent(value: Any) -> None:
    assert identical(sent(value), value)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=6))
def test_the_same_list_twice_arrives_as_one_list(places: list[int]) -> None:
    parts: list[list[int]] = [[0], [1], [2], [3]]
    value = [parts[place] for place in places]
    arrived = sent(value)
    assert [[a is b for b in arrived] for a in arrived] == [[a is b for b in value] for a in value]


class Number(int):
    pass


def holds_itself() -> list[Any]:
    value: list[Any] = []
    value.append((value,))
    return value


def deep(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Number(3), "a value of the type `Number`"),
        ([{"x": object()}], "a value of the type `object`"),
        (Number, "a value of the type `type`"),
        (holds_itself(), "a value that holds itself"),
        (deep(MOST_DEPTH + 2), "nested more than"),
        (lambda: 3, "a value of the type `function`"),
    ],
    ids=["a subclass", "inside", "a class", "a cycle", "too deep", "a function"],
)
def test_anything_else_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        sent(value)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["same", "node", "int", "tuple", "set", "dict", "deque", "handle", "range", "Decimal", "type"]
            )
            | st.text(max_size=12),
            inner,
            max_size=2,
        )
    ),
    max_leaves=10,
)
PLAIN = (type(None), bool, int, float, str, bytes, complex, list, tuple, set, frozenset, dict, bytearray, deque)


@given(JUNK)
def test_what_is_no_data_is_refused_or_becomes_a_plain_value(data: Any) -> None:
    """The program's process may send what it likes. The referee catches these errors and no others."""
    refused = (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
        RecursionError,
        ArithmeticError,
    )
    try:
        value = Decoder({}, [], no_handle).value(data)
    except refused:
        return
    assert type(value) in (*PLAIN, range, Decimal, Fraction, Counter, OrderedDict, defaultdict, type)
