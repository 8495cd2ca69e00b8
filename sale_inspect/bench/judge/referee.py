# inspect-evals-lint: ignore-file[IESC002] -- it is sent into the sandbox as text and runs there, never on the host
"""Judges one program: holds its tests, runs them itself, and asks the program's process only for values.

It runs inside a sandbox as `python3 -I -c <wire.py + this file>`, with a job on standard input. The program runs in
`program_host.py`, an interpreter executed for it, which gets the program and the task's preamble through a pipe and has
no other open file. What a test calls crosses that pipe as data and comes back as data; so no object of the program ever
takes part in a comparison. Started as root, the two processes take two users, and all processes of the program's user
are ended with it. Otherwise they share one user; then this process still cannot be read (it is not dumpable), but can
be killed, which is no pass: one line of JSON and exit status 0 are a verdict, and nothing else is.

Exit status 3 with a reason is a judge that could not do its work, and no verdict on the program.
"""

from __future__ import annotations

import builtins
import json
import os
import signal
import sys
import time
import types

from sale_inspect.bench.judge.wire import (
    Decoder,
    Encoder,
    RefusedError,
    classes_of,
    is_iterator,
    load_preamble,
    receive,
    send,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_MODULE = "tests"
_START_SECONDS = 20.0
_DECODING = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    ArithmeticError,
)
_PR_SET_DUMPABLE = 4
_ENDED = "the program ended before its tests did"


class BrokenError(BaseException):
    """The judge cannot do its work. Not the program's failure."""


class StoppedError(BaseException):
    """The program's process gives no value that can be tested. Not to be caught by a test's `except Exception`."""


class TimeUpError(BaseException):
    """The limit of time is over."""


class Pipe:
    """The program's process, as the tests see it."""

    def __init__(self, requests: int, replies: int) -> None:
        self.requests = requests
        self.replies = replies
        self.nodes: dict[str, type] = {}
        self.known: set[int] = set()
        self.stopped = ""

    def first(self) -> None:
        """Wait until the process is up, before it sees the program."""
        signal.setitimer(signal.ITIMER_REAL, _START_SECONDS)
        try:
            reply = receive(self.replies)
        except (EOFError, TimeUpError) as error:
            raise BrokenError("the interpreter for the program does not start") from error
        if reply != {"ready": True}:
            raise BrokenError(str(reply["broken"]))

    def send(self, request: dict[str, Any]) -> None:
        try:
            send(self.requests, request)
        except BrokenPipeError:
            raise self.stop(_ENDED) from None
        except RefusedError as error:
            raise self.stop(f"a test hands over {error}") from error

    def stop(self, reason: str) -> StoppedError:
        """Kept here as well: a test's bare `except:` would swallow the exception."""
        self.stopped = self.stopped or reason
        return StoppedError(reason)

    def ask(self, request: dict[str, Any], containers: list[Any] | None = None, *, data_only: bool = False) -> Any:
        """The value of a request. `containers` are those of the arguments, which the program may have changed."""
        self.send(request)
        return self.reply(containers, data_only=data_only)

    def reply(self, containers: list[Any] | None = None, *, data_only: bool = False) -> Any:
        seen = [] if containers is None else containers
        mine = len(seen)

        def handle(number: int, kind: str) -> Any:
            if data_only and kind != "iterator" and number not in self.known:
                raise ValueError(kind)
            self.known.add(number)
            return _proxy(self, number, kind)

        try:
            reply = receive(self.replies)
            if "raised" in reply:
                outcome: Any = _exception(*map(str, reply["raised"]))
            elif "refused" in reply:
                outcome = self.stop(f"the program's value cannot be tested: {str(reply['refused'])[:200]}")
            else:
                return self._content(reply, Decoder(self.nodes, seen, handle), mine)
        except EOFError:
            raise self.stop(_ENDED) from None
        except _DECODING as error:
            raise self.stop("the program's process sent something that is no value") from error
        raise outcome

    def _content(self, reply: dict[str, Any], decoder: Decoder, mine: int) -> Any:
        """The value of a reply, after its changes to the first `mine` containers, which are the arguments'."""
        for number, content in reply.get("changed", ()):
            if type(number) is not int or not 0 <= number < mine:
                raise ValueError(number)
            decoder.fill(decoder.containers[number], content)
        return decoder.value(reply.get("value"))

    def encoder(self, containers: list[Any]) -> Encoder:
        return Encoder({each: name for name, each in self.nodes.items()}, containers, _handle_of)

    def set(self, number: int, name: str, value: Any) -> None:
        try:
            to = self.encoder([]).value(value)
        except RefusedError as error:
            raise self.stop(f"a test hands over {error}") from error
        self.ask({"do": "set", "of": number, "name": name, "to": to})

    def call(self, number: int, kind: str, positional: tuple[Any, ...], named: dict[str, Any]) -> Any:
        containers: list[Any] = []
        encoder = self.encoder(containers)
        try:
            request = {
                "do": "call",
                "of": number,
                "positional": [encoder.value(_drawn(each)) for each in positional],
                "named": [[name, encoder.value(_drawn(each))] for name, each in named.items()],
            }
        except RefusedError as error:
            raise self.stop(f"a test hands over {error}") from error
        return self.ask(request, containers, data_only=kind != "class")


class Remote:
    """An object of the program. It can be called and handed back, and cannot take part in a comparison."""

    __slots__ = ("_kind", "_link", "_number")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, link: Pipe, number: int, kind: str) -> None:
        for name, value in (("_link", link), ("_number", number), ("_kind", kind)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        return self._link.ask({"do": "get", "of": self._number, "name": name})

    def __setattr__(self, name: str, value: Any) -> None:
        self._link.set(self._number, name, value)

    def __call__(self, *positional: Any, **named: Any) -> Any:
        return self._link.call(self._number, self._kind, positional, named)

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("an object of the program is no value that can be compared")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _refuse


class Iterator:
    """An iterator of the program, which is asked for one item after the other."""

    __slots__ = ("_link", "_number")

    def __init__(self, link: Pipe, number: int) -> None:
        self._link = link
        self._number = number

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        return self._link.ask({"do": "next", "of": self._number}, data_only=True)


def _drawn(value: Any) -> Any:
    """An argument; an iterator as the list of what it gives."""
    return list(value) if is_iterator(value) else value


def _proxy(link: Pipe, number: int, kind: str) -> Any:
    return Iterator(link, number) if kind == "iterator" else Remote(link, number, kind)


def _handle_of(value: Any) -> tuple[int, str] | None:
    if type(value) is Remote:
        return value._number, value._kind
    return (value._number, "iterator") if type(value) is Iterator else None


def _exception(name: str, text: str) -> BaseException:
    kind = getattr(builtins, name, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise ValueError(name)
    try:
        return kind(text)
    except TypeError:
        # UnicodeDecodeError and its kind take more than a text.
        return ValueError(f"{name}: {text}")


def _start(job: dict[str, Any], users: tuple[int, int] | None) -> tuple[int, Pipe]:
    """Execute an interpreter for the program: number of its process, and the pipes to it."""
    there, requests = os.pipe()
    replies, back = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            # Above the numbers that are handed over, so that none of them is overwritten.
            there, back = (_moved(each) for each in (there, back))
            null = os.open(os.devnull, os.O_RDWR)
            for number, each in ((0, null), (1, null), (2, null), (3, there), (4, back)):
                os.dup2(each, number, inheritable=True)
            os.closerange(5, os.sysconf("SC_OPEN_MAX") if sys.platform == "darwin" else 65536)
            if users is not None:
                _become(users[1])
            command = [sys.executable, "-I", "-c", job["host"], "3", "4", str(job["memory_mb"] or 0)]
            os.execve(sys.executable, command, {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"})
        finally:
            os._exit(71)
    os.close(there)
    os.close(back)
    return pid, Pipe(requests, replies)


def _moved(number: int) -> int:
    import fcntl

    return fcntl.fcntl(number, fcntl.F_DUPFD, 10)


def _become(user: int, *, keep: int | None = None) -> None:
    kept = user if keep is None else keep
    os.setgroups([])
    os.setresgid(user, user, kept)
    os.setresuid(user, user, kept)


def _hide() -> None:
    """Close this process's memory and files to other processes of its user, where the system can do that."""
    if sys.platform != "linux":
        return
    import ctypes

    if ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise BrokenError("the judge cannot be closed to other processes (prctl)")


def _judge(job: dict[str, Any], link: Pipe) -> str:
    """Why the program fails, or an empty text."""
    module = types.ModuleType(_MODULE)
    sys.modules[_MODULE] = module
    space = module.__dict__
    where = "loading the preamble"
    try:
        link.send({"do": "load", "preamble": job["preamble"], "program": job["program"], "imports": job["imports"]})
        try:
            load_preamble(job["preamble"], space)
        except Exception as error:
            raise BrokenError(f"the task's preamble fails here: {_said(error)}") from error
        link.nodes = classes_of(space, _MODULE)
        where = "loading the program"
        link.reply(data_only=True)
        where = "the setup"
        codes = [compile(job["setup"], "setup.py", "exec", dont_inherit=True)]
        codes += [
            compile(test, f"test_{number}.py", "exec", dont_inherit=True)
            for number, test in enumerate(job["tests"], start=1)
        ]
        asked = sorted({name for code in codes for name in _names(code) if name not in space} - set(dir(builtins)))
        entry = job["entry_point"].partition("(")[0]
        theirs = dict(link.ask({"do": "look", "names": [*asked, entry]}))
        space.update(theirs)
        exec(codes[0], space)
        if entry in theirs:
            space[entry] = theirs[entry]
        for number, code in enumerate(codes[1:], start=1):
            where = f"test {number} of {len(job['tests'])}"
            if entry not in theirs:
                # Not left to the test: a built-in function may have the same name.
                raise NameError(f"name {entry!r} is not defined")
            exec(code, space)
    except (BrokenError, TimeUpError):
        raise
    except StoppedError:
        pass
    except BaseException as error:  # noqa: BLE001 - a program's SystemExit is raised here again
        return f"{where}: {_said(error)}"
    return link.stopped if link.stopped in ("", _ENDED) else f"{where}: {link.stopped}"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"


def _names(code: types.CodeType) -> set[str]:
    return set(code.co_names).union(*(_names(each) for each in code.co_consts if isinstance(each, types.CodeType)))


def _time_up(*_: object) -> None:
    raise TimeUpError


def _end(pid: int, users: tuple[int, int] | None) -> None:
    """End the program's processes."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        if users is None:
            os.killpg(pid, signal.SIGKILL)
        else:
            _kill_all_of(users[1])
    except (ProcessLookupError, PermissionError):
        # They have ended by themselves. What is left of them is not waited for: a program may be stuck in the kernel.
        pass


def _kill_all_of(user: int) -> None:
    # One signal to every process that this process may signal, which reaches also those that forked away.
    os.setresuid(-1, 0, -1)
    os.setresuid(user, user, 0)
    os.kill(-1, signal.SIGKILL)


def main() -> None:
    job = json.load(sys.stdin)
    users = None if job["users"] is None else (int(job["users"][0]), int(job["users"][1]))
    signal.signal(signal.SIGALRM, _time_up)
    pid = None
    try:
        _hide()
        pid, link = _start(job, users)
        if users is not None:
            # Root stays in reserve only to end the processes of the program's user.
            try:
                _become(users[0], keep=0)
            except OSError as error:
                raise BrokenError(
                    f"root cannot change users in this sandbox, which needs SETUID and SETGID ({error})"
                ) from error
        link.first()
        signal.setitimer(signal.ITIMER_REAL, job["seconds"])
        deadline = time.monotonic() + job["seconds"]
        reason = ""
        try:
            reason = _judge(job, link)
        except TimeUpError:
            deadline = 0.0
        # Looked at before anything is ended here: how the program ended is its own doing.
        status = os.waitpid(pid, os.WNOHANG)[1] if link.stopped == _ENDED else 0
        _end(pid, users)
        if time.monotonic() > deadline:
            reason = f"no result within {job['seconds']:g} s"
        elif os.WIFSIGNALED(status):
            reason += f" (signal {os.WTERMSIG(status)})"
        verdict, code = {"passed": not reason, "reason": reason, "two_users": users is not None}, 0
    except BrokenError as error:
        if pid is not None:
            _end(pid, users)
        verdict, code = {"error": str(error)}, 3
    except OSError as error:
        verdict, code = {"error": f"the judge cannot start the program's process ({error})"}, 3
    os.write(1, ("\n" + json.dumps(verdict) + "\n").encode())
    # Not by `sys.exit`: a test may have registered something that runs at the end.
    os._exit(code)


if __name__ == "__main__":
    main()
