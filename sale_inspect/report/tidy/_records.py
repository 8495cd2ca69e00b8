"""Auctions from tidy data, to be decided again without their logs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from sale_inspect._bounds import json_value
from sale_inspect.auction import AuctionRecord, BidRecord, CalibratedRecord, Neighbour, Refinement
from sale_inspect.report.tidy._tables import Tidy

__all__ = ["records_of"]

# How many there were is known, and not which.
_UNKNOWN = Neighbour(position=0, similarity=0.0)
_PLACE = ["log_path", "uuid", "epoch", "position"]


def records_of(tidy: Tidy) -> Iterator[tuple[str, AuctionRecord]]:
    """Each auction with the uuid of its sample, in the order of the bids; then what a calibrated fit chose without one.

    Complete for `redecide`. Texts (task, plans, prompts), failures, and which neighbours there were, are not
    in tidy data.
    """
    shared = {
        str(path): json_value(text)
        for path, text in tidy.logs[["log_path", "auction"]].itertuples(index=False)
        if text
    }  # fmt: skip
    auctions: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    # All rows at once: a frame for each auction takes far longer.
    for row in tidy.bids.to_dict("records"):
        named = {str(name): value for name, value in row.items()}
        auctions.setdefault((named["log_path"], named["uuid"], named["auction"]), []).append(named)
    fits = _fits(tidy)
    for (path, uuid, number), rows in auctions.items():
        first = rows[0]
        made = {
            **shared[path],
            "task": "",
            "prompts": {},
            "epoch": first["epoch"],
            "position": None if first["position"] < 0 else first["position"],
            "bids": tuple(_bid(row) for row in rows if not row["refined"]),
            "refined": tuple(_bid(row) for row in rows if row["refined"]),
            "refinement": Refinement(
                eligible=tuple(row["agent"] for row in rows if row["eligible"] and not row["refined"]),
                neighbours=(_UNKNOWN,) * first["neighbours"],
            ),
            "provisional_winner": next(row["agent"] for row in rows if row["provisional"]),
            "winner": next(row["agent"] for row in rows if row["winner"]),
            "calibrated": fits.get((path, uuid, number)),
        }
        yield uuid, AuctionRecord.model_validate(made)
    places = {(row[0], row[1]): row[2:] for row in tidy.samples[_PLACE].itertuples(index=False, name=None)}
    for (path, uuid, number), made_by in fits.items():
        if (path, uuid, number) not in auctions:
            epoch, position = places[path, uuid]
            winner = CalibratedRecord.model_validate(made_by).worker
            made = {
                **shared[path],
                **{"task": "", "prompts": {}, "bids": (), "provisional_winner": winner, "winner": winner},
                "epoch": int(epoch),
                "position": None if position < 0 else int(position),
                "calibrated": made_by,
            }
            yield uuid, AuctionRecord.model_validate(made)


def _fits(tidy: Tidy) -> dict[tuple[str, str, int], dict[str, Any]]:
    """How a calibrated fit decided, by log, sample and number of the auction."""
    rows = tidy.samples[["log_path", "uuid", "calibrated"]].itertuples(index=False, name=None)
    return {
        (str(path), str(uuid), number): made
        for path, uuid, text in rows
        if text
        for number, made in enumerate(json_value(text))
        if made is not None
    }


def _bid(row: dict[str, Any]) -> BidRecord:
    numbers = ("usd_per_mtok", "length", "price_length", "entropy", "text_entropy", "cost", "value", "z")
    return BidRecord(
        agent=row["agent"],
        refined=row["refined"],
        strategy="",
        truncated=False,
        logprob_entropy=None if math.isnan(row["logprob_entropy"]) else row["logprob_entropy"],
        ratings=json_value(row["ratings"]),
        **{name: row[name] for name in numbers},
    )
