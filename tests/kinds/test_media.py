"""Pictures, audio, video and documents: given to bidders and judges that take them, told of to the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inspect_ai.agent import as_solver
from inspect_ai.model import (
    ContentAudio,
    ContentDocument,
    ContentImage,
    ContentText,
    ContentVideo,
)
from inspect_ai.scorer import choice

from sale_inspect import PoolError, load_pool, sale, sale_agent
from sale_inspect._inspect.store import read

from .agents import Asked, Script, play, pool_file
from .test_kinds import PIXEL, Kind, _alone, answers, run, user

__all__ = ["_alone"]  # a fixture

PARTS = [
    ContentText(text="What is shown and said?"),
    ContentImage(image=PIXEL),
    ContentAudio(audio="data:audio/wav;base64,AAAA", format="wav"),
    ContentVideo(video="data:video/mp4;base64,AAAA", format="mp4"),
    ContentDocument(document="data:application/pdf;base64,AAAA"),
]
TYPES = {"picture": "image", "audio": "audio", "video": "video", "document": "document"}


def held(folder: Path, kind: Kind, pool: str, *, as_agent: bool = False, **options: Any) -> tuple[Script, str]:
    """The calls of an auction on a task, and what its record says of it."""
    script = play(answers("ANSWER: B"))
    solver = as_solver(sale_agent(pool=pool, **options)) if as_agent else sale(pool=pool, **options)
    log = run(folder, kind.make(), solver, script)
    assert log.status == "success", log.error
    record = read((log.samples or [])[0]).auction
    assert record is not None
    return script, "\n".join(record.notes)


def given(asked: Asked) -> list[str]:
    """The kinds of parts that are no text in the first message of a call."""
    content = asked.messages[0].content
    return [] if isinstance(content, str) else [part.type for part in content if not isinstance(part, ContentText)]


@pytest.mark.parametrize("as_agent", [False, True])
@pytest.mark.parametrize("jury", ["individual", "panel"])
def test_each_agent_is_given_what_it_takes_and_told_of_the_rest(tmp_path: Path, jury: str, as_agent: bool) -> None:
    takes = {"blind": [], "seeing": ["picture"], "all": list(TYPES)}
    pool = pool_file(tmp_path, **takes)
    script, notes = held(tmp_path, Kind(input=user(*PARTS)), pool, as_agent=as_agent, jury=jury, memory="off")
    for phase in ("bid", "jury"):
        calls = script.of(phase)
        assert {asked.agent for asked in calls} == set(takes)
        for asked in calls:
            assert given(asked) == [TYPES[name] for name in takes[asked.agent]]
            assert "[1 picture, 1 audio, 1 video, 1 document]" in asked.text
            assert ("Attached, in the order of the task: 1 picture." in asked.text) == (asked.agent == "seeing")
            assert ("Attached, in the order of the task:" in asked.text) == (asked.agent != "blind")
            assert asked.messages[0].text.startswith(script.of("bid")[0].messages[0].text[:40])
    assert (
        "The task has 1 picture, 1 audio, 1 video, 1 document. As bidders and judges blind saw none of it; "
        "seeing saw 1 picture; all saw 1 picture, 1 audio, 1 video, 1 document." in notes
    )


def test_a_judge_that_is_asked_again_still_has_the_picture(tmp_path: Path) -> None:
    pool = pool_file(tmp_path, one=["picture"], two=["picture"])
    script = play(answers("ANSWER: B"), Script(rating="I cannot say."))
    log = run(tmp_path, Kind(input=user(*PARTS[:2])).make(), sale(pool=pool, memory="off"), script)
    assert log.status == "success", log.error
    again = [asked for asked in script.of("jury") if len(asked.messages) > 1]
    assert len(again) == 4 and all(given(asked) == ["image"] for asked in again)


@pytest.mark.parametrize(
    ("takes", "note"),
    [
        ({"one": ["picture"], "two": ["picture"]}, "Bidders and judges saw 2 pictures of the task."),
        ({"one": [], "two": ["audio"]}, "Bidders and judges were told of 2 pictures in the task, and did not see it."),
    ],
)
def test_the_record_says_in_one_sentence_if_all_or_none_saw_it(
    tmp_path: Path, takes: dict[str, list[str]], note: str
) -> None:
    kind = Kind(
        input=user(PARTS[0], PARTS[1], PARTS[1]), choices=["1", "2"], scorer=choice(), target="B", reply="ANSWER: B"
    )
    script, notes = held(tmp_path, kind, pool_file(tmp_path, **takes), memory="off")
    assert note in notes
    assert all("B) 2" in asked.text for asked in script.of("bid"))


def test_a_task_of_text_alone_is_asked_for_as_text(tmp_path: Path) -> None:
    script, notes = held(
        tmp_path, Kind(input="Which is B?"), pool_file(tmp_path, one=["picture"], two=list(TYPES)), memory="off"
    )
    assert all(isinstance(asked.messages[0].content, str) for asked in script.of("bid") + script.of("jury"))
    assert "saw" not in notes and "told of" not in notes


def test_what_no_model_can_take_is_refused_with_the_words_that_are_allowed(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match=r"inputs.*picture.*audio.*video.*document"):
        load_pool(pool_file(tmp_path, one=["smell"], two=[]))


def test_what_an_agent_takes_is_a_part_of_what_it_is(tmp_path: Path) -> None:
    """Two pools of one name whose agents see different things are two policies."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    seen = []
    for folder, takes in ((tmp_path / "a", []), (tmp_path / "b", ["picture"])):
        play(answers("ANSWER: B"))
        log = run(
            folder, Kind(input="Which?").make(), sale(pool=pool_file(folder, one=takes, two=[]), memory="off"), Script()
        )
        seen.append(read((log.samples or [])[0]).agents)
    assert seen[0]["one"] != seen[1]["one"] and seen[0]["two"] == seen[1]["two"]
