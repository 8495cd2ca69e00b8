"""A text of others as data: nothing that a rating parser reads, no heading, label, fence or mark of ours. All ours."""

from __future__ import annotations

import re
from functools import lru_cache

from sale_inspect.auction._parse import folded, readable, whole_rating

__all__ = ["PREFIX", "neutral", "quoted"]

PREFIX = "> "
"""What each line of a quoted text begins with; no line of ours does."""

_LEFT_OUT = "[number]"
_INDENT = 8
_WORDS_OF_A_LABEL = 4

_HEADING = re.compile(r"^(\s*)#+(?=\s)")
# Rules, fences, front matter: three or more of one sign, also inside a line, where our own marks have them.
_RUN = re.compile(r"(?P<sign>[-=_*~`'\"#<>|])(?P=sign){2,}")
_SIGNS = {"`": "''", "'": "''", '"': "''", "~": "''"}
# Tags, and the tokens by which a server knows who speaks: <|im_end|>, </s>, <think>, [INST].
_TAG = re.compile(r"<(?=[^\s<=>\d])")
_TURN = re.compile(r"\[(?=\s*/?\s*(?:INST|SYS|AVAILABLE_TOOLS|TOOL))", re.IGNORECASE)
_NUMBER = r"-?\d+(?:[.,]\d+)?"
_OF_TOP = r"(?:\s*(?:/|out of|of)\s*\d+(?:\.\d+)?)?"
_FILLED_LINE = re.compile(
    rf"^(?P<head>[^\w\n]*|.*?[:=\u2192|][^\w\n]*)(?P<value>{_NUMBER}){_OF_TOP}(?P<tail>[^\w\n]*)$"
)
_FILLED = re.compile(
    rf"(?P<head>\b(?:P[\W_]?\d+|(?:rating|score|grade|mark|star|verdict)s?)\b[^\w\n]{{0,12}}"
    rf"(?:(?:is|of|a|an|rating|score)\b[^\w\n]{{0,6}}){{0,3}})(?P<value>{_NUMBER}){_OF_TOP}(?!\w)",
    re.IGNORECASE,
)


# Every judge of an auction is shown the same plans.
@lru_cache(maxsize=1_024)
def neutral(text: str) -> str:
    """A text that says the same to a reader, but in which no form of ours stands.

    - NFKC, with invisible and control characters out, white space folded, and every line break a newline;
    - headings are bullets; rules, fences and our marks are shorter; tags and turns of a conversation are split;
    - a filled reply form loses its numbers: lines of a label and a number from 0 to 5, ratings inside a sentence,
      objects with ratings. Where a rating can still be read, every digit of the text is out.

    Args:
        text: A plan, or a past task.
    """
    lines = [_line(line) for line in folded(text).splitlines()]
    whole = _FILLED.sub(lambda found: f"{found['head']}{_LEFT_OUT}", "\n".join(lines))
    if readable(whole) or any(readable(line) for line in whole.split("\n")):
        whole = re.sub(r"\d", "·", whole)
    return whole


def quoted(text: str, title: str, mark: str) -> str:
    """A neutral text between two lines with one mark, each of its lines behind `PREFIX`.

    Args:
        text: A plan, or a past task.
        title: What it is.
        mark: Drawn by a key that its writer cannot know.
    """
    body = "\n".join(f"{PREFIX}{line}" for line in neutral(text).split("\n"))
    return f"--- {title} {mark} ---\n{body}\n--- end of {title} {mark} ---"


def _line(line: str) -> str:
    bare = line.lstrip(" ")
    line = " " * min(len(line) - len(bare), _INDENT) + re.sub(" {2,}", " ", bare).rstrip(" ")
    line = _HEADING.sub(r"\1*", line)
    line = _RUN.sub(lambda found: _SIGNS.get(found["sign"], found["sign"] if found["sign"] != "-" else "—"), line)
    line = _TURN.sub("[ ", _TAG.sub("< ", line))
    return _FILLED_LINE.sub(_without_rating, line)


def _without_rating(found: re.Match[str]) -> str:
    head = found["head"]
    if whole_rating(found["value"]) is None or len(re.findall(r"\w+", head)) > _WORDS_OF_A_LABEL:
        return found[0]
    return f"{head}{_LEFT_OUT}{found['tail']}"
