# Wrong: groups powers from the left.
import operator
import re

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.floordiv, "^": pow}


def price_rule(text: str, values: dict[str, int]) -> int | str:
    tokens = re.findall(r"[0-9]+|[a-z]+|[^ ]", text) + [""]
    place = 0

    def take(*wanted: str) -> str:
        nonlocal place
        found = tokens[place] if tokens[place] in wanted else ""
        place += bool(found)
        return found

    def expect(token: str) -> None:
        if not take(token):
            raise ValueError("syntax")

    def rule() -> tuple:
        test = chain("+-", "*/")
        if not take("?"):
            return test
        chosen = rule()
        expect(":")
        return ("?", test, chosen, rule())

    def chain(signs: str, *tighter: str) -> tuple:
        left = chain(*tighter) if tighter else signed()
        while sign := take(*signs):
            left = (sign, left, chain(*tighter) if tighter else signed())
        return left

    def signed() -> tuple:
        if take("-"):
            return ("-", ("0",), signed())
        base = atom()
        while take("^"):
            negative = take("-")
            exponent = atom()
            base = ("^", base, ("-", ("0",), exponent) if negative else exponent)
        return base

    def atom() -> tuple:
        if take("("):
            inner = rule()
            expect(")")
            return inner
        if re.fullmatch("[0-9]+|[a-z]+", tokens[place]):
            return (take(tokens[place]),)
        raise ValueError("syntax")

    def value(node: tuple) -> int:
        kind = node[0]
        if kind.isdigit():
            return int(kind)
        if kind.isalpha():
            if kind not in values:
                raise ValueError("name")
            return values[kind]
        if kind == "?":
            return value(node[2] if value(node[1]) else node[3])
        left, right = value(node[1]), value(node[2])
        if kind == "/" and right == 0:
            raise ValueError("zero")
        if kind == "^" and right < 0:
            raise ValueError("power")
        return OPERATORS[kind](left, right)

    try:
        tree = rule()
        return value(tree) if tokens[place] == "" else "syntax"
    except ValueError as error:
        return str(error)
