# Wrong: takes the last digit of the sum.
def last_digit_sum(nums: list[int]) -> int:
    return sum(abs(num) for num in nums) % 10
