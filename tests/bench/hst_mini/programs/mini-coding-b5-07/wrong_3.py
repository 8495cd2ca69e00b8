# Wrong: runs blocks by recursion, which fails when calls are nested deep.
import re


class Stop(Exception):
    pass


def run_belt(code: str, limit: int) -> tuple[str, list[int]]:
    words = code.split()
    depth = 0
    for word in words:
        depth += (word == "{") - (word == "}")
        if depth < 0:
            return "braces", []
    if depth:
        return "braces", []

    def parse(place: int) -> tuple[tuple, int]:
        block: list = []
        while place < len(words) and words[place] != "}":
            if words[place] == "{":
                inner, place = parse(place + 1)
                block.append(inner)
            else:
                block.append(words[place])
            place += 1
        return tuple(block), place

    stack: list = []
    output: list[int] = []
    steps = 0

    def tick() -> None:
        nonlocal steps
        if steps == limit:
            raise Stop("limit")
        steps += 1

    def take(kinds: str) -> list:
        if len(stack) < len(kinds):
            raise Stop("stack")
        items = [stack.pop() for _ in kinds][::-1]
        for kind, item in zip(kinds, items):
            if kind != "?" and isinstance(item, int) != (kind == "i"):
                raise Stop("type")
        return items

    def run(block: tuple) -> None:
        for word in block:
            tick()
            if isinstance(word, tuple):
                stack.append(word)
            elif re.fullmatch("-?[0-9]+", word):
                stack.append(int(word))
            elif word in ("+", "-", "*", "/"):
                a, b = take("ii")
                if word == "/" and b == 0:
                    raise Stop("zero")
                if word == "/":
                    size = abs(a) // abs(b)
                    stack.append(size if (a < 0) == (b < 0) else -size)
                else:
                    stack.append(a + b if word == "+" else a - b if word == "-" else a * b)
            elif word == "dup":
                stack.extend(take("?") * 2)
            elif word == "swap":
                stack.extend(take("??")[::-1])
            elif word == "drop":
                take("?")
            elif word == "out":
                output.extend(take("i"))
            elif word == "call":
                run(take("b")[0])
            elif word == "if":
                test, yes, no = take("ibb")
                run(yes if test else no)
            elif word == "times":
                rounds, body = take("ib")
                while rounds > 0:
                    tick()
                    run(body)
                    rounds -= 1
            else:
                raise Stop("word")

    try:
        run(parse(0)[0])
    except Stop as stop:
        return str(stop), output
    return "ok", output
