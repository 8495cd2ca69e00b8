# Wrong: keeps the sign of the digit.
import math


def last_digit_sum(nums: list[int]) -> int:
    return sum(int(math.fmod(num, 10)) for num in nums)
