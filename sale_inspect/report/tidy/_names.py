"""Names of SALE's policies in one report: what all of them share is said once, not in every name (ours)."""

from __future__ import annotations

from dataclasses import replace

from sale_inspect.report.tidy._screen import ScreenedTidy

__all__ = ["shortened"]

_BASE = "SALE"


def shortened(found: ScreenedTidy) -> ScreenedTidy:
    """The same data, in which names of several SALE policies tell only how they differ.

    A name is `SALE` and its options with commas, for instance `SALE, panel jury, no memory`. With one such policy, or
    with nothing shared, names stay. Names never become alike: only what all of them have is taken away.
    """
    names = [name for name in dict.fromkeys(found.tidy.logs["policy"]) if name.split(", ")[0] == _BASE]
    if len(names) < 2:
        return found
    options = [name.split(", ")[1:] for name in names]
    shared = [option for option in options[0] if all(option in other for other in options)]
    if not shared:
        return found
    short = {
        name: ", ".join([_BASE, *(option for option in own if option not in shared)])
        for name, own in zip(names, options, strict=True)
    }
    tidy = replace(
        found.tidy,
        samples=found.tidy.samples.assign(policy=found.tidy.samples["policy"].replace(short)),
        bids=found.tidy.bids.assign(policy=found.tidy.bids["policy"].replace(short)),
        logs=found.tidy.logs.assign(policy=found.tidy.logs["policy"].replace(short)),
    )
    return replace(found, tidy=tidy, notes=(*found.notes, f"All policies of SALE have: {', '.join(shared)}."))
