"""What a log carries so that Inspect's lists tell its policy apart: tags and metadata of the evaluation."""

from __future__ import annotations

from dataclasses import dataclass

from sale_inspect._inspect.store import current_sample
from sale_inspect.options import Options, option_rows, policy_words
from sale_inspect.pools import Pool

__all__ = ["LogLabels", "labels_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLabels:
    """How the logs of a policy are labelled.

    Attributes:
        policy: `SALE`, `single 4b`, `router wtp-knn`.
        options: Words for each option that is not at its default, as names of policies in reports have them.
    """

    policy: str
    options: tuple[str, ...] = ()

    def put(self, pool: Pool) -> None:
        """Label the log of the current sample; nothing happens outside an evaluation, or if it has the labels.

        Tags that the user gave stay. Inspect writes the header of a log when the run ends, so a log of a run that still
        goes on, or was killed, does not have them.

        Args:
            pool: The pool of the sample.
        """
        spec = current_sample().spec
        if spec is None:
            return
        # Inspect View sorts them; the policy must come first, since the column is narrow.
        about = [f"pool {pool.name}", *self.options, *(["simulated agents"] if pool.simulated else [])]
        tags = [self.policy, *(f"with {words}" for words in about)]
        present = spec.tags or []
        if all(tag in present for tag in tags):
            return
        spec.tags = [*present, *(tag for tag in tags if tag not in present)]
        spec.metadata = {
            **(spec.metadata or {}),
            "sale_policy": self.policy,
            "sale_pool": pool.name,
            "sale_agents": ", ".join(pool.names),
            "sale_options": ", ".join(self.options) or "defaults",
            "sale_simulated": pool.simulated,
        }


def labels_of(policy: str, options: Options) -> LogLabels:
    """The labels of a policy with its options."""
    kind = type(options)
    words = policy_words(kind, {row.name: getattr(options, row.name) for row in option_rows(kind)})
    return LogLabels(policy=policy, options=tuple(words))
