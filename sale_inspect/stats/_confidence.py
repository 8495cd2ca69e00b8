"""The confidence that holds wherever the user names no other."""

__all__ = ["CONFIDENCE"]

CONFIDENCE = 0.95
"""Of intervals, verdicts, budgets and kept shares of pass@1: one number, so that two commands cannot disagree."""
