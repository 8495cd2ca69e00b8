import re
from itertools import chain, repeat

MAX_STEPS = 100_000
NEEDS = {"+": "ii", "-": "ii", "*": "ii", "/": "ii", "out": "i", "dup": "?", "swap": "??", "drop": "?"}
NEEDS |= {"call": "b", "if": "ibb", "times": "ib", "": ""}  # "" marks a round of times
PUSH = {"+": lambda a, b: [a + b], "-": lambda a, b: [a - b], "*": lambda a, b: [a * b]}
PUSH |= {"dup": lambda a: [a, a], "swap": lambda a, b: [b, a], "drop": lambda a: [], "": lambda: []}
RUN = {"call": lambda block: block, "if": lambda test, yes, no: yes if test else no}
RUN["times"] = lambda rounds, block: chain.from_iterable(repeat(("", *block), min(rounds, MAX_STEPS)))


def run_belt(code: str, limit: int) -> tuple[str, list[int]]:
    open_blocks: list[list] = [[]]
    for word in code.split():
        if word == "{":
            open_blocks.append([])
        elif word != "}":
            open_blocks[-1].append(word)
        elif len(open_blocks) == 1:
            return "braces", []
        else:
            open_blocks[-2].append(tuple(open_blocks.pop()))
    if len(open_blocks) > 1:
        return "braces", []

    stack: list[int | tuple] = []
    output: list[int] = []
    steps = 0
    running = [iter(open_blocks[0])]
    while running:
        word = next(running[-1], None)
        if word is None:
            running.pop()
            continue
        if steps == limit:
            return "limit", output
        steps += 1
        if isinstance(word, tuple) or re.fullmatch("-?[0-9]+", word):
            stack.append(word if isinstance(word, tuple) else int(word))
            continue
        if word not in NEEDS:
            return "word", output
        needs = NEEDS[word]
        if len(stack) < len(needs):
            return "stack", output
        start = len(stack) - len(needs)
        items = stack[start:]
        del stack[start:]
        if any(need != "?" and isinstance(item, int) != (need == "i") for need, item in zip(needs, items)):
            return "type", output
        if word == "out":
            output.append(items[0])
        elif word in RUN:
            running.append(iter(RUN[word](*items)))
        elif word in PUSH:
            stack += PUSH[word](*items)
        elif items[1] == 0:
            return "zero", output
        else:
            size = abs(items[0]) // abs(items[1])
            stack.append(size if (items[0] < 0) == (items[1] < 0) else -size)
    return "ok", output
