def last_digit_sum(nums: list[int]) -> int:
    return sum(abs(num) % 10 for num in nums)
