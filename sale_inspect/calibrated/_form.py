"""How auctions were held, as far as it may change what their bids say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from sale_inspect.auction import AuctionRecord, JuryMode
from sale_inspect.weights import Frozen

__all__ = ["AuctionForm", "form_fault"]

_ASKED: Mapping[JuryMode, tuple[str, ...]] = {
    "individual": ("task", "bid", "jury", "jury_retry"),
    "panel": ("task", "bid", "panel", "panel_retry"),
}
"""Prompts that first bids and their ratings are asked with."""


class AuctionForm(Frozen):
    """What a forecast from bids depends on beside the bids.

    Attributes:
        jury: `individual` or `panel`.
        judges: Who rates.
        defences: Defences that are on.
        prompts: Version of each prompt of bids and ratings; those that are not there are not known.
        identities: What each agent is, by content (`pools.agent_identity`); those that are not there are not known.
        executor: Agent or `task` (the task's own solver) that the outcomes are of; empty if that is not known.
    """

    jury: JuryMode = "individual"
    judges: str = "all"
    defences: tuple[str, ...] = ("anonymous", "quote")
    prompts: dict[str, str] = Field(default_factory=dict)
    identities: dict[str, str] = Field(default_factory=dict)
    executor: str = ""

    @classmethod
    def of(
        cls,
        *,
        jury: JuryMode,
        judges: str,
        defences: Sequence[str],
        prompts: Mapping[str, str],
        identities: Mapping[str, str],
        executor: str = "",
    ) -> AuctionForm:
        """The form of auctions of these options; of the prompts, those that bids and ratings are asked with."""
        asked = {name: prompts[name] for name in _ASKED[jury] if name in prompts}
        return cls(
            jury=jury,
            judges=judges,
            defences=tuple(sorted(defences)),
            prompts=asked,
            identities=dict(identities),
            executor=executor,
        )

    @classmethod
    def of_record(cls, record: AuctionRecord, executor: str = "") -> AuctionForm:
        """The form of a recorded auction.

        Args:
            record: The auction.
            executor: What the outcomes are of.
        """
        return cls.of(
            jury=record.jury_mode,
            judges=record.judges,
            defences=record.defences,
            prompts=record.prompts,
            identities=record.identities,
            executor=executor,
        )


def form_fault(fitted: AuctionForm, now: AuctionForm) -> str:
    """Why a fit to auctions of one form cannot be used in those of another; empty if it can.

    Args:
        fitted: Of the fit.
        now: Of the run.
    """
    for name, option in (("jury", "jury"), ("judges", "judges"), ("defences", "defences")):
        one, two = getattr(fitted, name), getattr(now, name)
        if one != two:
            given = ",".join(one) if isinstance(one, tuple) else one
            return (
                f"field `form.{name}`: fitted to auctions with {option}={given or 'none'}, but this run has "
                f"{option}={(','.join(two) if isinstance(two, tuple) else two) or 'none'}. Run with the former, or fit "
                "again."
            )
    for agent, identity in fitted.identities.items():
        if now.identities.get(agent, identity) != identity:
            return (
                f"field `form.identities`: fitted for another {agent!r}: its model, or what the pool says of it, has "
                "changed. Use the pool of the fit, or fit again."
            )
    unlike = [name for name, version in fitted.prompts.items() if now.prompts.get(name, version) != version]
    if unlike:
        return (
            f"field `form.prompts`: fitted to auctions with another text of {unlike[0]}.md. Give the prompts of the "
            "fit (prompts=FOLDER, or that version of this package), or fit again."
        )
    if fitted.executor and now.executor and fitted.executor != now.executor:
        return (
            f"field `form.executor`: fitted to outcomes of {fitted.executor!r}, but in this run {now.executor!r} "
            "executes. Use the same, or fit again."
        )
    return ""
