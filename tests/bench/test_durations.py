"""Free-text times are read when they are plain, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.bench._durations import parse_minutes

HOURS = ("h", "hr", "hrs", "hr.", "hour", "hours", "Hours")
MINUTES = ("m", "min", "mins", "min.", "minute", "minutes", "Minutes", "MINUTES")
SECONDS = ("s", "sec", "secs", "sec.", "second", "seconds")
ABOUT = ("", "~", "~ ", "≈", "about ", "About ", "approx. ", "approx ", "approximately ", "Around ", "roughly ")
BETWEEN = (" ", ", ", " and ", ", and ", "  ")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("5 minutes", 5),
        ("1 minute", 1),
        ("20 Minutes", 20),
        ("~20 Minutes", 20),
        ("  5 minutes.  ", 5),
        ("10min", 10),
        ("10 mins.", 10),
        ("1 hour 10 min", 70),
        ("1 hour, 10 minutes", 70),
        ("1 hour and 10 minutes", 70),
        ("1 hr. 10 min.", 70),
        ("1h10m", 70),
        ("1h 10m 30s", 70.5),
        ("1.5 hours", 90),
        ("2.5 min", 2.5),
        ("90 seconds", 1.5),
        ("1 minute 30 seconds", 1.5),
        ("1 hour 30 seconds", 60.5),
        ("about 1 hour", 60),
        ("5\u00a0minutes", 5),
        ("0 minutes", 0),
    ],
)
def test_plain_times_are_read(text: str, minutes: float) -> None:
    assert parse_minutes(text) == pytest.approx(minutes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "~",
        "20",
        "10-15 minutes",
        "10 - 15 minutes",
        "5 to 10 minutes",
        "5–10 minutes",
        "less than 5 minutes",
        "<5 minutes",
        "over 1 hour",
        "5+ minutes",
        "-5 minutes",
        "a few minutes",
        "half an hour",
        "an hour",
        "1/2 hour",
        "1:30",
        "1,5 hours",
        "2 days",
        "5 minutes or so",
        "5 minutes (with a break)",
        "10 minutes 1 hour",
        "5 minutes 5 minutes",
        "1 hour 10",
        "1 hour and",
        "1 hour,",
        "and 5 minutes",
        ", 5 minutes",
        "1 hour and and 5 minutes",
        "1 hourand 5 minutes",
        "5 minutesand",
        "minutes",
        "5 meters",
        "5 minuteslong",
        "1.2.3 minutes",
        "1e3 minutes",
        "unknown",
        "N/A",
        "\u0665 minutes",
    ],
)
def test_what_is_not_plain_is_not_guessed(text: str) -> None:
    assert parse_minutes(text) is None


@given(
    about=st.sampled_from(ABOUT),
    hours=st.integers(0, 30),
    minutes=st.integers(0, 300),
    seconds=st.integers(0, 300),
    units=st.tuples(st.sampled_from(HOURS), st.sampled_from(MINUTES), st.sampled_from(SECONDS)),
    space=st.sampled_from(("", " ")),
    between=st.sampled_from(BETWEEN),
)
def test_a_written_time_comes_back(
    about: str, hours: int, minutes: int, seconds: int, units: tuple[str, str, str], space: str, between: str
) -> None:
    parts = [f"{value}{space}{unit}" for value, unit in zip((hours, minutes, seconds), units, strict=True) if value]
    found = parse_minutes(about + between.join(parts))
    if not parts:
        assert found is None
    else:
        assert found == pytest.approx(hours * 60 + minutes + seconds / 60)


@given(st.floats(0, 500).map(lambda value: round(value, 2)), st.sampled_from(("minutes", "min")))
def test_a_decimal_comes_back(value: float, unit: str) -> None:
    assert parse_minutes(f"{value:.2f} {unit}") == pytest.approx(value)


@given(st.text(alphabet=st.sampled_from("0123456789. ,~-:+hmsourinutecdabp\n"), max_size=40))
def test_any_text_gives_none_or_a_time_that_is_written_in_it(text: str) -> None:
    found = parse_minutes(text)
    assert found is None or (found >= 0 and any(digit.isdigit() for digit in text))


def test_a_long_text_of_near_misses_ends() -> None:
    """Nested separators would need a time that doubles with each space."""
    assert parse_minutes("1 hour" + " ,and" * 5000 + "!") is None
    assert parse_minutes("1 hour" + " " * 20000 + "!") is None
    assert parse_minutes("9" * 5000 + " " * 5000 + "x") is None
