"""The result of a replay, and how it is written."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sale_inspect.replays._answer import ReplayAnswer
from sale_inspect.replays._parts import AgentResult, BinResult, Estimate, PolicyResult, ReplayOptions
from sale_inspect.replays._text import overview, reasons, tables
from sale_inspect.stats import Claim
from sale_inspect.texts import LINE_WIDTH, Table, aligned, html_list, markdown_rows, paragraphs, to_html
from sale_inspect.texts import html as html_text
from sale_inspect.texts import markdown as markdown_text

__all__ = ["Replay", "replay_html", "replay_json", "replay_table", "replay_text"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """A replay. A notebook draws it.

    Attributes:
        tasks: Tasks.
        agents: Each agent alone, in pool order.
        best_single: The best single agent.
        cheapest: The agent with the least mean dollars.
        dearest: The agent with the greatest mean dollars.
        zero_aiq: AIQ of the zero router, over the range of the agents' dollars.
        policies: Results, those that were given first.
        comparisons: Claims on those that were given.
        bins: By bin, if the tasks have bins.
        estimated: Whether dollars are estimated, not recorded.
        options: How it was evaluated.
        notes: What a reader must know.
        answer: To the question that was asked; None without a policy.
    """

    tasks: int
    agents: tuple[AgentResult, ...]
    best_single: str
    cheapest: str
    dearest: str
    zero_aiq: Estimate
    policies: tuple[PolicyResult, ...]
    comparisons: tuple[Claim, ...]
    bins: tuple[BinResult, ...]
    estimated: bool
    options: ReplayOptions
    notes: tuple[str, ...] = ()
    answer: ReplayAnswer | None = None

    def _repr_html_(self) -> str:
        return replay_html(self)

    def _repr_markdown_(self) -> str:
        return replay_text(self, markdown=True)


def replay_text(replay: Replay, notes: Sequence[str] = (), *, markdown: bool = False) -> str:
    """The answer, the tables, then every comparison in a sentence, then the notes.

    Args:
        replay: The replay.
        notes: More that a reader must know.
        markdown: Markdown tables and lists; columns of text otherwise.
    """
    lists = [*_lists(replay), *([("", list(notes))] if notes else [])]
    if markdown:
        return _markdown(replay, lists)
    parts = [*([[replay.answer.sentence]] if replay.answer else []), [_title(replay)]]
    for title, header, rows in tables(replay.policies, replay.bins):
        parts += [[title], aligned(header, rows)]
    for title, lines in lists:
        parts += [*([[title]] if title else []), [f"- {line}" for line in lines]]
    return paragraphs(parts)


def _markdown(replay: Replay, lists: Sequence[tuple[str, list[str]]]) -> str:
    answer = [markdown_text(replay.answer.sentence, LINE_WIDTH)] if replay.answer else []
    parts = [*answer, f"**{_title(replay)}**"]
    for title, header, rows in tables(replay.policies, replay.bins):
        parts += [f"**{markdown_text(title)}**", "\n".join(markdown_rows(header, rows))]
    for title, lines in lists:
        parts += [
            *([f"**{title}**"] if title else []),
            "\n".join(f"- {markdown_text(line, LINE_WIDTH)}" for line in lines),
        ]
    return "\n\n".join(parts)


def replay_html(replay: Replay, notes: Sequence[str] = ()) -> str:
    """The same as a piece of HTML. All texts are escaped.

    Args:
        replay: The replay.
        notes: More that a reader must know.
    """
    answer = [f"<p>{html_text(replay.answer.sentence, LINE_WIDTH)}</p>"] if replay.answer else []
    parts = [*answer, f"<p><b>{html_text(_title(replay))}</b></p>"]
    for title, header, rows in tables(replay.policies, replay.bins):
        parts.append(to_html(Table(title=title, header=tuple(header), sections=(tuple(map(tuple, rows)),), notes=())))
    for title, lines in _lists(replay):
        parts.append(f"<p><b>{html_text(title)}</b></p>{html_list(lines)}")
    return "".join([*parts, html_list(notes)])


def replay_table(replay: Replay, notes: Sequence[str] = ()) -> Table:
    """What each policy solved and spent, those that solve most first, in 80 columns.

    Args:
        replay: The replay.
        notes: More that a reader must know.
    """
    single = next(each for each in replay.agents if each.name == replay.best_single)
    meant = replay.answer.policy if replay.answer else None
    star = "the answer" if replay.answer and replay.answer.certified else "the best bet"
    told = [
        (f"* is {star}. " if meant else "")
        + f"$: of all calls, deciding included; x: times those of {single.name} alone, the best single agent.",
        "mix: % that a blind mix of the single agents solves for the same dollars.",
        *(["Dollars are estimated from prices and lengths of texts, not recorded."] if replay.estimated else []),
    ]
    return Table(
        title=_title(replay),
        header=("policy", f"solved, % [{100 * replay.options.confidence:g}%]", "$ per 1,000", "x", "mix"),
        sections=overview(replay.policies, single.dollars, meant),
        notes=(*told, *notes),
        needed=("$ per 1,000",),
    )


def _title(replay: Replay) -> str:
    return f"{replay.tasks:,} tasks, {len(replay.agents)} agents; {100 * replay.options.confidence:g}% intervals"


def _lists(replay: Replay) -> Iterator[tuple[str, list[str]]]:
    """Title and lines of each list that has lines."""
    sentences = [each.sentence for each in replay.comparisons]
    if sentences:
        yield "What is resolved", sentences
    notes = [*replay.notes, *reasons(replay.policies)]
    if notes:
        yield "Notes", notes


def replay_json(replay: Replay) -> dict[str, Any]:
    """Plain JSON values. What is not known is null, never NaN."""
    return {name: _plain(value) for name, value in asdict(replay).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
