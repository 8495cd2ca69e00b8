# inspect-evals-lint: ignore-file[IESC002] -- what runs on the host here is the package's own proof, no model's output
"""The judge of programs, started in a sandbox, and the proof that it can judge there at all."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from inspect_ai.util import SandboxUnavailableError, sandbox

from sale_inspect._errors import RunnerError
from sale_inspect._inspect.tasks._sandbox_state import SandboxBrokenByAgentError, raise_who_broke
from sale_inspect.bench import ProgramVerdict, job, read_verdict, runner_source

__all__ = ["DEFAULT_MEMORY_MB", "judged", "memory_bound", "prove_here", "proven"]

DEFAULT_MEMORY_MB = 512
"""Address space of a program under test, MiB, where the scorer is not given another."""

_GRACE_SECONDS = 30
_PROOF_SECONDS = 20.0
_BROKEN_STATUS = 3
_PROBE = "import resource, sys\nresource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]) << 20,) * 2)"
_logger = logging.getLogger(__name__)
_proven: set[tuple[str, str, int]] = set()

_REMEDIES = {
    "local": "Let the programs run in Docker: -T sandbox=docker.",
    "docker": "Build the image again (`sale-inspect doctor --build`), from a base image with Python 3.8 or newer.",
}


async def judged(work: str, metadata: Mapping[str, Any], seconds: float, container: str = "") -> ProgramVerdict:
    """The judge's verdict on a job.

    Args:
        work: What `job` gives.
        metadata: The sample's: `scorer_user` starts the judge, `sandbox_type` says where.
        seconds: The job's limit of time.
        container: Name of the sample's container, if it has one.

    Raises:
        RunnerError: If programs cannot be judged here.
        SandboxBrokenByAgentError: If the agent left a sandbox in which nothing can be judged.
    """
    docker = metadata.get("sandbox_type", "docker" if "scorer_user" in metadata else "") == "docker"
    try:
        result = await sandbox().exec(
            [_python(metadata), "-I", "-c", runner_source()],
            input=work,
            cwd="/",
            user=metadata.get("scorer_user"),
            timeout=int(seconds) + _GRACE_SECONDS,
            timeout_retry=False,
        )
    except TimeoutError:
        if docker:
            await raise_who_broke(container, "no answer in time")
        return ProgramVerdict(passed=False, reason="the judge itself ran out of time")
    except SandboxUnavailableError as error:
        await raise_who_broke(container, str(error).partition("\n")[0][:200])
        raise
    except FileNotFoundError as error:
        raise RunnerError(f"there is no {_python(metadata)}") from error
    if docker and result.returncode not in (0, _BROKEN_STATUS):
        await raise_who_broke(container, f"exit status {result.returncode}: {(result.stderr or result.stdout)[-200:]}")
    return read_verdict(result.stdout, result.returncode)


def memory_bound(metadata: Mapping[str, Any], memory_mb: int) -> int | None:
    """How much address space a program under test gets, MiB; None where it cannot be limited.

    That is so with `sandbox=local`, which promises no isolation anyway, on a system such as macOS.
    """
    return memory_mb if metadata.get("sandbox_type") != "local" or _limits_memory_here(memory_mb) else None


@cache
def _limits_memory_here(memory_mb: int) -> bool:
    """Whether a process on this machine can limit its memory; tried once, and said once if it cannot."""
    try:
        tried = subprocess.run(
            [sys.executable, "-I", "-c", _PROBE, str(memory_mb)],
            capture_output=True, timeout=_PROOF_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _cannot("local", f"{sys.executable} does not run ({type(error).__name__})") from error
    if tried.returncode:
        _logger.warning(
            "This system cannot limit the memory of a process. With sandbox=local, programs under test have their "
            "limits of time and of file size alone; scores say so (`tests_ran_in`). Docker has it: -T sandbox=docker."
        )
    return tried.returncode == 0


def _python(metadata: Mapping[str, Any]) -> str:
    # Another python3 may come first on this machine's PATH; the one that runs this is known to work.
    return sys.executable if metadata.get("sandbox_type") == "local" else "python3"


async def proven(metadata: Mapping[str, Any], memory_mb: int) -> None:
    """Show, once in a process and kind of sandbox, that a right program passes there and a wrong one fails.

    Raises:
        RunnerError: If not, with the remedy. No program may be failed for that.
    """
    kind = str(metadata.get("sandbox_type", "docker" if "scorer_user" in metadata else "other"))
    key = (kind, str(metadata.get("scorer_user")), memory_mb)
    if key in _proven:
        return
    for work, right in _proofs(memory_bound(metadata, memory_mb), two_users="scorer_user" in metadata):
        try:
            verdict = await judged(
                work, {**metadata, "sandbox_type": "proof" if kind == "docker" else kind}, _PROOF_SECONDS
            )
        except (RunnerError, SandboxBrokenByAgentError) as error:
            raise _cannot(kind, str(error)) from error
        _check(kind, verdict, right)
    _proven.add(key)


@cache
def prove_here(memory_mb: int = DEFAULT_MEMORY_MB) -> None:
    """The same for `sandbox=local`, before the run.

    Raises:
        RunnerError: If programs cannot be tested on this machine, with the remedy.
    """
    for work, right in _proofs(memory_bound({"sandbox_type": "local"}, memory_mb), two_users=False):
        try:
            answer = subprocess.run(
                [sys.executable, "-I", "-c", runner_source()],
                input=work,
                capture_output=True,
                text=True,
                timeout=_PROOF_SECONDS + _GRACE_SECONDS,
                check=False,
            )
            verdict = read_verdict(answer.stdout, answer.returncode)
        except (OSError, subprocess.TimeoutExpired, RunnerError) as error:
            raise _cannot("local", str(error)) from error
        _check("local", verdict, right)


def _proofs(memory_mb: int | None, *, two_users: bool) -> Iterator[tuple[str, bool]]:
    for answer, right in ((42, True), (41, False)):
        yield (
            job(
                f"def answer():\n    return {answer}",
                entry_point="answer",
                tests=("assert answer() == 42",),
                seconds=_PROOF_SECONDS,
                memory_mb=memory_mb,
                two_users=two_users,
            ),
            right,
        )


def _check(kind: str, verdict: ProgramVerdict, right: bool) -> None:
    if verdict.passed != right or (not right and not verdict.reason.startswith("test 1 of 1: AssertionError")):
        what = "a right program fails" if right else "a wrong program passes"
        raise _cannot(kind, f"{what}: {verdict.reason or 'no reason given'}")


def _cannot(kind: str, reason: str) -> RunnerError:
    remedy = _REMEDIES.get(kind, "Use a sandbox with Python 3.8 or newer, or Docker: -T sandbox=docker.")
    return RunnerError(f"Programs cannot be tested in the sandbox {kind!r}: {reason.rstrip('.')}. {remedy}")
