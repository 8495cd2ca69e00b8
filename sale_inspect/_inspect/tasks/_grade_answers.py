"""Choices and short answers are graded by their source's rule, with a grader model where the rule has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser, GenerateConfig, Model

from sale_inspect._inspect.tasks._graded import Graded
from sale_inspect.bench import (
    GraderPrompt,
    Rule,
    SimpleQaVerdict,
    exact_match,
    gaia_match,
    grader_prompt,
    matches_alias,
    parse_letter,
    parse_verdict,
    token_f1,
)

__all__ = ["grade_answer", "grade_choice"]

_TRIES = 2
_RETRY = "That is not a verdict. Reply with one line of the form that was asked for and nothing else."
_LETTERS = 26


def grade_choice(completion: str, count: int, target: str) -> Graded:
    """Compare the chosen letter with the target."""
    letter = parse_letter(completion, count)
    said = letter or "no letter could be read"
    return Graded(correct=letter == target, answer=letter or "", explanation=f"Chosen: {said}. Correct: {target}.")


async def grade_answer(
    rule: Rule, question: str, completion: str, accepted: Sequence[str], grader: Model | None
) -> Graded:
    """Grade a short answer.

    - `exact_match`: HotpotQA's rule; token F1 goes with it.
    - `gaia`: GAIA's rule.
    - `simpleqa` and `hle`: the grader decides; without one, strict match.
    - `alias`: strict match with any accepted answer; where that fails, the grader, if there is one.

    Args:
        rule: How the source grades.
        question: What was asked.
        completion: What the agent submitted.
        accepted: The right answer and its aliases.
        grader: Model in the role `grader`, if given.
    """
    answer = completion.strip()
    if rule == "exact_match":
        return _by_exact_match(answer, accepted[0])
    if rule == "gaia":
        return _matched(gaia_match(answer, accepted[0]), answer, accepted, rule)
    matched = _strict(rule, answer, accepted)
    if grader is None or not answer or (rule == "alias" and matched):
        return _matched(matched, answer, accepted, rule)
    prompt: GraderPrompt = "short_answer" if rule == "alias" else ("hle" if rule == "hle" else "simpleqa")
    request = grader_prompt(prompt, question=question, target="\n".join(accepted), answer=answer)
    asked = await _ask(grader, prompt, request)
    metadata = {"by": f"grader {grader}", "rule": rule, "verdict": asked.verdict}
    if asked.verdict is None:
        said = f"The grader {grader} gave no verdict in {_TRIES} tries: {asked.said}"
        return Graded(correct=None, reason="grader_failed", answer=answer, explanation=said, metadata=metadata)
    said = f"Graded {asked.verdict} by {grader}: {asked.said}"
    return Graded(correct=asked.verdict == "correct", answer=answer, explanation=said, metadata=metadata)


def _by_exact_match(answer: str, target: str) -> Graded:
    correct, f1 = exact_match(answer, target), token_f1(answer, target)
    return Graded(
        correct=correct,
        answer=answer,
        explanation=f"{'Equals' if correct else 'Does not equal'} {target!r}; token F1 {f1:.2f}.",
        metadata={"by": "match", "rule": "exact_match", "f1": f1},
    )


def _strict(rule: Rule, answer: str, accepted: Sequence[str]) -> bool:
    """Strict match; HLE's multiple choice has a letter as target."""
    target = accepted[0].strip()
    if rule == "hle" and len(target) == 1 and target.isalpha():
        return parse_letter(answer, _LETTERS) == target.upper()
    return matches_alias(answer, accepted)


def _matched(correct: bool, answer: str, accepted: Sequence[str], rule: Rule) -> Graded:
    metadata: dict[str, str] = {"by": "match", "rule": rule}
    if rule == "simpleqa":
        metadata["verdict"] = "correct" if correct else ("incorrect" if answer else "not_attempted")
    said = "Matches an accepted answer." if correct else f"Does not match: {accepted[0]}."
    return Graded(correct=correct, answer=answer, explanation=said, metadata=metadata)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    verdict: SimpleQaVerdict | None
    said: str


async def _ask(grader: Model, prompt: GraderPrompt, request: str) -> _Asked:
    messages: list[ChatMessage] = [ChatMessageUser(content=request)]
    said = ""
    for _ in range(_TRIES):
        output = await grader.generate(messages, config=GenerateConfig(temperature=0.0))
        said = output.completion.strip()[:300]
        verdict = parse_verdict(output.completion, prompt)
        if verdict is not None:
            return _Asked(verdict=verdict, said=said)
        messages += [ChatMessageAssistant(content=output.completion or "(nothing)"), ChatMessageUser(content=_RETRY)]
    return _Asked(verdict=None, said=said)
