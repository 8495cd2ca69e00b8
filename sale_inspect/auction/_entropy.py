"""H: how much information a strategy carries, in [0, 1]."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from sale_inspect.auction._tokens import tokenize

__all__ = ["logprob_entropy", "text_entropy"]


def logprob_entropy(top_logprobs: Sequence[Sequence[float]]) -> float | None:
    """Mean normalised entropy of the tokens of a generation, from top-k log-probabilities.

    For each token with natural log-probabilities l_1..l_k:
    p_i = exp(l_i); rest = max(0, 1 - sum p_i); H = -(sum p_i ln p_i + rest ln rest) / ln(k + 1).
    The result is the mean over tokens, in [0, 1].

    Args:
        top_logprobs: One sequence of k natural log-probabilities for each generated token, k >= 1.

    Returns:
        The entropy, or None if there is no token, a token has no alternatives, or any value is
        not a log-probability (NaN or positive beyond rounding).

    Source: "normalized entropy" from the generation's log-probabilities is the paper's; the bucket
    for the rest and the division by ln(k + 1) are ours.
    """
    values = [_token_entropy(token) for token in top_logprobs]
    known = [value for value in values if value is not None]
    if not values or len(known) < len(values):
        return None
    return sum(known) / len(known)


def _token_entropy(logprobs: Sequence[float]) -> float | None:
    if not logprobs or any(math.isnan(value) or value > 1e-3 for value in logprobs):
        return None
    probabilities = [math.exp(min(value, 0.0)) for value in logprobs]
    total = sum(probabilities)
    if total > 1.0:
        probabilities = [p / total for p in probabilities]
    probabilities.append(max(0.0, 1.0 - sum(probabilities)))
    nats = -sum(p * math.log(p) for p in probabilities if p > 0.0)
    return min(1.0, max(0.0, nats / math.log(len(probabilities))))


def text_entropy(text: str) -> float:
    """Entropy of the strategy's own token distribution, divided by the log of its length.

    H = -sum_v f_v ln f_v / ln n, with f_v the share of token v among the n tokens; 0 if n < 2.
    The result is in [0, 1]; it is 1 when no token repeats.

    Source: ours, for auctions in which not every bid has log-probabilities.
    """
    tokens = tokenize(text)
    n = len(tokens)
    if n < 2:
        return 0.0
    shares = [count / n for count in Counter(tokens).values()]
    nats = -sum(share * math.log(share) for share in shares)
    return min(1.0, max(0.0, nats / math.log(n)))
