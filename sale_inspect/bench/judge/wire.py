# inspect-evals-lint: ignore-file[IESC002] -- it is sent into the sandbox as text and runs there, never on the host
"""Values and messages between the judge and the program: data only, by exact built-in type.

JSON carries the values; what it has no form for is an object with one key, its tag. Mutable containers are numbered
in the order in which they are met, so that the same list twice arrives as one list, and so that a called function
can say which of its arguments it changed. A cycle of containers, a value that is nested too deep, and any other type
is refused with `RefusedError`.

This text stands in front of `referee.py` and of `program_host.py`, which run as scripts. So it imports little: each
process of each sample pays for it.
"""

from __future__ import annotations

import builtins
import collections
import json
import operator
import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MOST_BYTES = 32 << 20
MOST_DEPTH = 150
# From here on an int crosses as hex: decimal digits of long numbers take quadratic time, and Python refuses them.
LARGE = 1 << 4096

_PLAIN = {type(None), bool, float, str}
_NAMED = {
    each.__name__: each for each in vars(builtins).values() if type(each) is type and not issubclass(each, Exception)
}
_TAGS: dict[type, str] = {
    list: "list",
    dict: "dict",
    set: "set",
    bytearray: "bytearray",
    collections.deque: "deque",
    collections.Counter: "Counter",
    collections.defaultdict: "defaultdict",
    collections.OrderedDict: "OrderedDict",
}
_CONTAINERS = {tag: kind for kind, tag in _TAGS.items()}


class RefusedError(Exception):
    """A value that does not cross the pipe."""


def _loaded(module: str, name: str) -> Any:
    """A class of a module that is loaded; a value of it cannot be there otherwise."""
    return getattr(sys.modules.get(module), name, None)


class Encoder:
    """Values as JSON data.

    Args:
        names: Names of the classes that both sides have from the task's preamble.
        containers: Containers that the other side has already, by number; new ones are added.
        hold: Asked for every value of another type: number and kind of a handle, or None to refuse the value.
    """

    def __init__(
        self,
        names: dict[type, str],
        containers: list[Any],
        hold: Callable[[Any], tuple[int, str] | None],
    ) -> None:
        self.names = names
        self.containers = containers
        self.numbers = {id(each): number for number, each in enumerate(containers)}
        self.hold = hold
        self._open: set[int] = set()

    def value(self, value: Any, depth: int = 0) -> Any:
        kind: type = type(value)
        if kind in _PLAIN:
            return value
        if kind is int:
            return value if -LARGE < value < LARGE else {"int": hex(value)}
        if depth > MOST_DEPTH:
            raise RefusedError(f"a value that is nested more than {MOST_DEPTH} deep")
        if kind in _TAGS or kind in self.names:
            return self._container(value, depth)
        return self._constant(value, kind, depth)

    def _constant(self, value: Any, kind: type, depth: int) -> Any:
        if kind is tuple or kind is frozenset:
            return {kind.__name__: self._items(value, depth)}
        if kind is bytes:
            return {"bytes": value.hex()}
        if kind is complex:
            return {"complex": [value.real, value.imag]}
        if kind is range:
            return {"range": self._items((value.start, value.stop, value.step), depth)}
        if kind is _loaded("decimal", "Decimal"):
            return {"Decimal": str(value)}
        if kind is _loaded("fractions", "Fraction"):
            return {"Fraction": self._items((value.numerator, value.denominator), depth)}
        name = value.__name__ if kind is type else ""
        if name in _NAMED and _NAMED[name] is value:
            return {"type": name}
        held = self.hold(value)
        if held is None:
            raise RefusedError(f"a value of the type `{kind.__name__:.80}`")
        return {"handle": list(held)}

    def _container(self, value: Any, depth: int) -> Any:
        number = self.numbers.get(id(value))
        if number is not None:
            if number in self._open:
                raise RefusedError("a value that holds itself")
            return {"same": number}
        number = self._number(value)
        kind = type(value)
        if kind in self.names:
            return {"node": self._nodes(value)}
        self._open.add(number)
        parts = self.parts(value, depth)
        self._open.discard(number)
        if kind is list:
            return parts
        return {_TAGS[kind]: [parts, value.maxlen] if kind is collections.deque else parts}

    def _number(self, value: Any) -> int:
        # Kept in the list, because the number of an object that is gone may be given to another.
        self.containers.append(value)
        number = self.numbers[id(value)] = len(self.containers) - 1
        return number

    def parts(self, value: Any, depth: int = 0) -> Any:
        """The content of a container."""
        kind = type(value)
        if kind is bytearray:
            return value.hex()
        if kind in self.names:
            return [[field, self.value(each, depth + 1)] for field, each in vars(value).items()]
        if isinstance(value, dict):
            return [[self.value(key, depth + 1), self.value(each, depth + 1)] for key, each in value.items()]
        return self._items(value, depth)

    def _items(self, values: Any, depth: int) -> list[Any]:
        kinds = set(map(type, values))
        if kinds <= _PLAIN or (kinds == {int} and min(values) > -LARGE and max(values) < LARGE):
            return list(values)
        return [self.value(each, depth + 1) for each in values]

    def _nodes(self, root: Any) -> list[Any]:
        """A node and all nodes that it leads to, without recursion: a list of nodes may be long."""
        rows, left = [], [root]
        while left:
            node = left.pop()
            fields = []
            for field, each in vars(node).items():
                if type(each) in self.names and id(each) not in self.numbers:
                    self._number(each)
                    left.append(each)
                fields.append([field, self.value(each, 1)])
            rows.append([self.numbers[id(node)], self.names[type(node)], fields])
        return rows


class Decoder:
    """Values from JSON data.

    Anything that is no such data raises ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError
    or RecursionError.

    Args:
        nodes: The same classes by name.
        containers: As in `Encoder`.
        handle: The object behind a handle's number and kind.
    """

    def __init__(self, nodes: dict[str, type], containers: list[Any], handle: Callable[[int, str], Any]) -> None:
        self.nodes = nodes
        self.containers = containers
        self.handle = handle
        # Named one by one: a tag comes from the other side, and must not reach any other attribute.
        self._by_tag: dict[str, Callable[[Any], Any]] = {
            "same": self._same,
            "node": self._node,
            "int": self._int,
            "tuple": lambda content: tuple(map(self.value, content)),
            "frozenset": lambda content: frozenset(map(self.value, content)),
            "bytes": bytes.fromhex,
            "complex": self._complex,
            "range": lambda content: range(*map(self.value, content)),
            "Decimal": self._decimal,
            "Fraction": self._fraction,
            "type": _NAMED.__getitem__,
            "handle": self._handle,
        }

    def value(self, data: Any) -> Any:
        kind = type(data)
        if kind in _PLAIN or kind is int:
            return data
        if kind is list:
            return self._list(data)
        ((tag, content),) = data.items()
        if tag in _CONTAINERS:
            return self._container(tag, content)
        return self._by_tag[tag](content)

    def _list(self, data: list[Any]) -> list[Any]:
        if set(map(type, data)) <= _PLAIN | {int}:
            self.containers.append(data)
            return data
        values: list[Any] = []
        self.containers.append(values)
        values.extend(map(self.value, data))
        return values

    def _container(self, tag: str, content: Any) -> Any:
        if tag == "deque":
            content, most = content
            container: Any = collections.deque(maxlen=most)
        else:
            container = _CONTAINERS[tag]()
        self.containers.append(container)
        self.fill(container, content)
        return container

    def fill(self, container: Any, content: Any) -> None:
        """Put content, as `Encoder.parts` gives it, into a container in place of what it holds."""
        kind = type(container)
        if kind is bytearray:
            container[:] = bytes.fromhex(content)
            return
        if kind is list or kind is collections.deque or kind is set:
            values = [self.value(each) for each in content]
            container.clear()
            if kind is set:
                container.update(values)
            else:
                container.extend(values)
            return
        pairs = [(self.value(key), self.value(each)) for key, each in content]
        if not isinstance(container, dict):
            container = vars(container)
            pairs = [(str(key), each) for key, each in pairs]
        container.clear()
        for key, each in pairs:
            # Not `update`: a Counter's would add.
            container[key] = each

    def _same(self, content: int) -> Any:
        if type(content) is not int or content < 0:
            raise ValueError(content)
        return self.containers[content]

    def _node(self, content: list[Any]) -> Any:
        made: dict[int, Any] = {number: object.__new__(self.nodes[name]) for number, name, _ in content}
        for number, _, fields in content:
            self._met(made, number)
            for field, each in fields:
                if type(each) is dict and each.get("same") in made:
                    self._met(made, each["same"])
                vars(made[number])[str(field)] = self.value(each)
        return made[content[0][0]]

    def _met(self, made: dict[int, Any], number: int) -> None:
        if number == len(self.containers):
            self.containers.append(made[number])
        elif self.containers[number] is not made[number]:
            raise ValueError(number)

    def _int(self, content: str) -> int:
        return int(content, 16)

    def _complex(self, content: list[Any]) -> complex:
        real, imaginary = content
        return complex(float(real), float(imaginary))

    def _decimal(self, content: str) -> Any:
        import decimal

        return decimal.Decimal(content)

    def _fraction(self, content: list[Any]) -> Any:
        import fractions

        return fractions.Fraction(*map(self.value, content))

    def _handle(self, content: list[Any]) -> Any:
        number, kind = content
        return self.handle(int(number), str(kind))


def shallow(container: Any) -> Any:
    """A copy of what a container holds, to see later whether it still holds that."""
    if isinstance(container, dict):
        return list(container.items())
    return list(container) if type(container) in _TAGS else list(vars(container).items())


def is_unchanged(container: Any, before: list[Any]) -> bool:
    """Whether a container holds the very objects that `shallow` found, in their order."""
    now = shallow(container)
    if len(now) != len(before):
        return False
    if isinstance(container, (bytearray, set)):
        return bool(now == before)
    if type(container) is list or type(container) is collections.deque:
        return all(map(operator.is_, now, before))
    return all(key is old and each is value for (key, each), (old, value) in zip(now, before))  # noqa: B905 - Python 3.8


def is_iterator(value: Any) -> bool:
    """Whether a value is an iterator of Python's own: a generator, or what `map`, `zip` or `iter` gives."""
    kind = type(value)
    return kind is types.GeneratorType or (
        hasattr(kind, "__next__") and kind.__module__ in ("builtins", "itertools") and not isinstance(value, type)
    )


def load_preamble(text: str, space: dict[str, Any]) -> None:
    """Run a task's preamble, without its imports of modules that are not installed here.

    A source may import more than its tasks promise: LeetCodeDataset imports `sortedcontainers` for 17 tasks, and tells
    agents of the standard library only. Such a name is missing for every program alike.
    """
    try:
        exec(compile(text, "preamble.py", "exec", dont_inherit=True), space)
    except ModuleNotFoundError as error:
        import ast

        tree = ast.parse(text)
        kept = [node for node in tree.body if not _imports(node, str(error.name).partition(".")[0])]
        if len(kept) == len(tree.body):
            raise
        tree.body = kept
        load_preamble(ast.unparse(tree), space)


def _imports(node: Any, module: str) -> bool:
    names = [each.name for each in getattr(node, "names", ())] if type(node).__name__ == "Import" else []
    if type(node).__name__ == "ImportFrom":
        names = [str(node.module)]
    return any(name.partition(".")[0] == module for name in names)


def classes_of(namespace: dict[str, Any], module: str) -> dict[str, type]:
    """The classes that a module's own text defines and whose objects have fields, by name."""
    return {
        name: each
        for name, each in namespace.items()
        if type(each) is type and each.__module__ == module and each.__dictoffset__ and each.__base__ is object
    }


def send(pipe: int, message: Any) -> None:
    """Write a message. RefusedError if it is too long."""
    data = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(data) > MOST_BYTES:
        raise RefusedError(f"values of more than {MOST_BYTES >> 20} MiB")
    rest = memoryview(len(data).to_bytes(8, "big") + data)
    while rest:
        rest = rest[os.write(pipe, rest[: 1 << 20]) :]


def receive(pipe: int) -> Any:
    """Read the next message. EOFError if there is none, ValueError or RecursionError if what came is none."""
    size = int.from_bytes(_exactly(pipe, 8), "big")
    if size > MOST_BYTES:
        raise ValueError(f"a message of {size} bytes")
    return json.loads(_exactly(pipe, size))


def _exactly(pipe: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(pipe, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
