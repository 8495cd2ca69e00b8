"""Examples that a task's text shows are read as assertions; nothing else is."""

from __future__ import annotations

import pytest

from sale_inspect.bench import shown_examples

DOCTEST = '''def close(numbers: list[float], threshold: float) -> bool:
    """ Are two numbers closer than the threshold?
    >>> close([1.0, 2.0], 0.5)
    False
    >>> close([1.0, 1.1],
    ...       0.5)
    True
    """
'''
LEETCODE = """Example 1:

Input: nums = [2,7], target = 9
Output: [0,1]
Explanation: Because nums[0] + nums[1] == 9, we return [0, 1].

**Example 2:**

**Input:** nums = [3,null], target = true
**Output:** false
"""


def test_sessions_are_read_with_their_values() -> None:
    found = shown_examples(DOCTEST)
    assert found is not None and found.entry_point == "close"
    assert found.tests == (
        "assert (close([1.0, 2.0], 0.5)) == False",
        "assert (close([1.0, 1.1],\n      0.5)) == True",
    )


def test_pairs_of_input_and_output_are_calls_by_name() -> None:
    found = shown_examples(LEETCODE, "Solution().twoSum")
    assert found is not None
    assert found.tests == (
        "assert Solution().twoSum(nums=[2, 7], target=9) == [0, 1]",
        "assert Solution().twoSum(nums=[3, None], target=True) == False",
    )


def test_assertions_on_the_entry_point_are_read() -> None:
    found = shown_examples("Write f.\n\nassert f(1) == 2\nassert g(1) == 2\nassert f(", "f")
    assert found is not None and found.tests == ("assert f(1) == 2",)


@pytest.mark.parametrize(
    ("text", "entry_point"),
    [
        ("Write `f`. f(1) is 2.", "f"),
        (">>> f(1)\n<object at 0x7f>", "f"),
        (">>> g(1)\n2", "f"),
        (">>> f(1)\n2", ""),
        ("# Definition: class ListNode\n" + LEETCODE, "Solution().twoSum"),
        (">>> " + "(" * 5_000 + "f(1)" + ")" * 5_000 + "\n2", "f"),
        ("", ""),
    ],
)
def test_what_cannot_be_checked_is_no_example(text: str, entry_point: str) -> None:
    assert shown_examples(text, entry_point) is None


def test_a_text_of_another_kind_is_read_in_time() -> None:
    assert shown_examples(">>> f(\n" * 2_000 + "Input: " * 5_000 + "assert " * 5_000, "f") is None
