# Wrong: uses % on negative numbers, so the last digit of -13 becomes 7.
def last_digit_sum(nums: list[int]) -> int:
    return sum(num % 10 for num in nums)
