# inspect-evals-lint: ignore-file[IESC002] -- it is sent into the sandbox as text and runs there, never on the host
"""Holds the program under test: loads it, calls its functions, and sends their values back.

It runs as `python3 -I -c <wire.py + this file> REQUESTS REPLIES MEMORY_MB`, started anew for each program, and knows no
test; MEMORY_MB 0 is no limit of memory. Once the program is loaded nothing here can be trusted, so nothing depends on
it: the program may as well say what it likes through the same pipe, and the referee takes it as a function's value.
"""

from __future__ import annotations

import os
import resource
import sys
import types

from sale_inspect.bench.judge.wire import (
    Decoder,
    Encoder,
    RefusedError,
    classes_of,
    is_iterator,
    is_unchanged,
    load_preamble,
    receive,
    send,
    shallow,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MODULE = "candidate"
_FILE_BYTES = 64 << 20
_TEXT_CHARS = 200


class Host:
    """The program's objects, by handle."""

    def __init__(self) -> None:
        self.space: dict[str, Any] = {}
        self.nodes: dict[str, type] = {}
        self.names: dict[type, str] = {}
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        # A real module, because dataclasses look their annotations up in it.
        module = types.ModuleType(_MODULE)
        sys.modules[_MODULE] = module
        self.space = module.__dict__
        # Each text is compiled alone: a program may still begin with `from __future__ import`.
        load_preamble(request["preamble"], self.space)
        self.nodes = classes_of(self.space, _MODULE)
        self.names = {each: name for name, each in self.nodes.items()}
        exec(compile(request["program"], "program.py", "exec", dont_inherit=True), self.space)
        exec(compile(request["imports"], "imports.py", "exec", dont_inherit=True), self.space)
        # A program may define the helper classes anew; then it is given objects of its own.
        for name, each in classes_of(self.space, _MODULE).items():
            if name in self.nodes:
                self.nodes[name], self.names[each] = each, name
        return {}

    def look(self, request: dict[str, Any]) -> dict[str, Any]:
        encoder = Encoder(self.names, [], self.hold)
        return {"value": [[each, encoder.value(self.space[each])] for each in request["names"] if each in self.space]}

    def get(self, request: dict[str, Any]) -> dict[str, Any]:
        return {
            "value": Encoder(self.names, [], self.hold).value(getattr(self.objects[request["of"]], request["name"]))
        }

    def set(self, request: dict[str, Any]) -> dict[str, Any]:
        value = Decoder(self.nodes, [], self.held).value(request["to"])
        setattr(self.objects[request["of"]], request["name"], value)
        return {}

    def next(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": Encoder(self.names, [], self.hold_iterators).value(next(self.objects[request["of"]]))}

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        function = self.objects[request["of"]]
        containers: list[Any] = []
        decoder = Decoder(self.nodes, containers, self.held)
        positional = [decoder.value(each) for each in request["positional"]]
        named = {name: decoder.value(each) for name, each in request["named"]}
        before = [shallow(each) for each in containers]
        result = function(*positional, **named)
        # Only what a class makes is kept here as an object; a function's value must be data.
        encoder = Encoder(self.names, containers, self.hold if isinstance(function, type) else self.hold_iterators)
        changed = [
            [number, encoder.parts(containers[number])]
            for number, old in enumerate(before)
            if not is_unchanged(containers[number], old)
        ]
        return {"value": encoder.value(result), "changed": changed}

    def held(self, number: int, kind: str) -> Any:
        return self.objects[number]

    def hold(self, value: Any) -> tuple[int, str]:
        number = self.numbers.setdefault(id(value), len(self.objects))
        if number == len(self.objects):
            self.objects.append(value)
        if isinstance(value, type):
            return number, "class"
        return number, "iterator" if is_iterator(value) else "function" if callable(value) else "object"

    def hold_iterators(self, value: Any) -> tuple[int, str] | None:
        return self.hold(value) if id(value) in self.numbers or is_iterator(value) else None


def _raised(error: BaseException) -> list[str]:
    """The exception's nearest built-in class and its text."""
    import builtins

    names = (each.__name__ for each in type(error).__mro__ if getattr(builtins, each.__name__, None) is each)
    try:
        text = str(error)[:_TEXT_CHARS]
    except BaseException:  # noqa: BLE001 - the program's own `__str__`
        text = ""
    return [next(names), text]


def _limit(memory_mb: int) -> None:
    limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, _FILE_BYTES)]
    if memory_mb:
        limits.append((resource.RLIMIT_AS, memory_mb << 20))
    for what, most in limits:
        resource.setrlimit(what, (most, most))


def main() -> None:
    requests, replies, memory_mb = map(int, sys.argv[1:])
    sys.argv[1:] = []
    try:
        _limit(memory_mb)
    except (ValueError, OSError) as error:
        send(replies, {"broken": f"this machine cannot limit a program's memory to {memory_mb} MiB ({error})"})
        return
    # Given up before a report of what went wrong, which itself needs memory.
    spare = [bytearray(8 << 20)]
    host = Host()
    send(replies, {"ready": True})
    while True:
        try:
            request = receive(requests)
        except EOFError:
            # The referee is gone, and the program's threads must not keep this process.
            os._exit(0)
        try:
            reply = getattr(host, request["do"])(request)
            send(replies, reply)
        except RefusedError as error:
            send(replies, {"refused": str(error)})
        except BaseException as error:  # noqa: BLE001 - the program may raise anything, SystemExit too
            spare.clear()
            send(replies, {"raised": _raised(error)})


if __name__ == "__main__":
    main()
