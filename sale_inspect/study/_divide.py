"""Which samples are dev and which are test. Never both, by id or by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sale_inspect._errors import StudyError
from sale_inspect.study._file import SampleId, StudySplit

__all__ = ["Divided", "StudySample", "check_apart", "divide", "first_by_hash"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StudySample:
    """A sample of a task.

    Attributes:
        id: Its id.
        digest: Hash of what is asked: the input and the choices.
        tokens: About how many tokens that is.
        twins: What it shares with the samples that ask nearly the same; empty if there are none.
    """

    id: SampleId
    digest: str
    tokens: int = 0
    twins: str = ""

    @property
    def group(self) -> str:
        """What stands on one side as a whole."""
        return self.twins or self.digest


@dataclass(frozen=True, kw_only=True, slots=True)
class Divided:
    """The samples of one task by their side, in the dataset's order."""

    dev: tuple[StudySample, ...]
    test: tuple[StudySample, ...]


def divide(samples: Sequence[StudySample], split: StudySplit, where: str) -> Divided:
    """Divide the samples of one task by a share or by ids. By a share, twins go to one side.

    Args:
        samples: All samples.
        split: How; not by an argument of the task, which gives two lists of samples.
        where: Name of the task, for errors.

    Raises:
        StudyError: If ids are unknown or on both sides, or a side is empty.
    """
    if split.dev_share is not None:
        dev = {each.group for each in samples if _share(each.group, split.seed) < split.dev_share}
        sides = _sides(samples, dev)
        if not (sides.dev and sides.test):
            raise StudyError(
                f"{where}: a dev_share of {split.dev_share:g} leaves {len(sides.dev)} dev and {len(sides.test)} test "
                f"samples of {len(samples)}. Give more samples, another share or another seed."
            )
    else:
        sides = _by_ids(samples, split, where)
    return _at_most(sides, split)


def check_apart(dev: Iterable[StudySample], test: Iterable[StudySample], where: str) -> None:
    """Refuse samples that stand on both sides, by what they ask.

    Raises:
        StudyError: If there are any.
    """
    by_digest = {each.digest: each.id for each in dev}
    both = [(by_digest[each.digest], each.id) for each in test if each.digest in by_digest]
    if both:
        some = ", ".join(f"{one} = {two}" for one, two in both[:3])
        raise StudyError(
            f"{where}: {len(both)} samples ask the same in dev and in test ({some}{', ...' if len(both) > 3 else ''}). "
            "What is fitted on a task cannot be tested on it. Leave them out of one side."
        )


def first_by_hash(samples: Sequence[StudySample], most: int | None) -> tuple[StudySample, ...]:
    """At most so many of the samples, the first by a hash of their texts, so that nobody picks them; in order."""
    if most is None or len(samples) <= most:
        return tuple(samples)
    kept = {id(each) for each in sorted(samples, key=lambda each: (_share(each.digest, 0), each.digest))[:most]}
    return tuple(each for each in samples if id(each) in kept)


def _by_ids(samples: Sequence[StudySample], split: StudySplit, where: str) -> Divided:
    known = {str(each.id): each for each in samples}
    wanted = {"dev": [str(each) for each in split.dev or ()], "test": [str(each) for each in split.test or ()]}
    for side, ids in wanted.items():
        if missing := [each for each in ids if each not in known]:
            raise StudyError(f"{where}: split.{side} names samples that the task does not have: {_few(missing)}.")
    if both := sorted(set(wanted["dev"]) & set(wanted["test"])):
        raise StudyError(f"{where}: samples stand in dev and in test both: {_few(both)}. Leave them out of one side.")
    sides = Divided(
        dev=tuple(each for each in samples if str(each.id) in set(wanted["dev"])),
        test=tuple(each for each in samples if str(each.id) in set(wanted["test"])),
    )
    check_apart(sides.dev, sides.test, where)
    return sides


def _sides(samples: Sequence[StudySample], dev: set[str]) -> Divided:
    return Divided(
        dev=tuple(each for each in samples if each.group in dev),
        test=tuple(each for each in samples if each.group not in dev),
    )


def _at_most(sides: Divided, split: StudySplit) -> Divided:
    return Divided(dev=first_by_hash(sides.dev, split.most_dev), test=first_by_hash(sides.test, split.most_test))


def _share(digest: str, seed: int) -> float:
    """A number in [0, 1) that a text and a seed decide."""
    drawn = hashlib.sha256(f"study split {seed} {digest}".encode()).digest()[:8]
    return int.from_bytes(drawn, "big") / 2**64


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
