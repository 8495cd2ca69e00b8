"""Keeps and puts back the working folder of a sample's sandbox, between executions that must begin alike."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from inspect_ai.solver import TaskState
from inspect_ai.util import OutputLimitExceededError, SandboxEnvironment, sandbox

from sale_inspect._errors import AuctionError
from sale_inspect._inspect.tasks import AGENT_USER

__all__ = ["WorkFolder", "work_folder"]

_SECONDS = 120
# Through standard output and input: Docker's own copying does not see a /tmp that is in memory.
_SAVE = 'test "$(pwd)" != / && tar -czf "$0" . && pwd && base64 "$0"; status=$?; rm -f "$0"; exit $status'
_RESTORE = (
    'base64 -d > "$1" && cd "$0" && find . -mindepth 1 -delete && tar -xzpof "$1"; status=$?; rm -f "$1"; exit $status'
)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkFolder:
    """The files of a working folder at one time, kept outside the sandbox, where no agent reaches them.

    Attributes:
        box: The sandbox.
        user: Whose files they are; None for the sandbox's default user.
        path: The folder.
        content: A tar archive, gzipped, in base64.
    """

    box: SandboxEnvironment
    user: str | None
    path: str
    content: str

    async def now(self) -> WorkFolder:
        """The same folder as it is now."""
        return await _kept(self.box, self.user)

    async def put_back(self) -> None:
        """Make the folder as it was. What was installed, written elsewhere or left running stays.

        Raises:
            AuctionError: If the sandbox does not do it.
        """
        try:
            done = await self.box.exec(
                ["sh", "-c", _RESTORE, self.path, _archive()],
                input=self.content,
                user=self.user,
                timeout=_SECONDS,
                timeout_retry=False,
            )
        except (TimeoutError, OSError, RuntimeError) as error:
            raise _cannot(f"{type(error).__name__}: {error}") from error
        if not done.success:
            raise _cannot(done.stderr)


async def work_folder(state: TaskState | None) -> WorkFolder | None:
    """The working folder of the current sample's sandbox as it is now; None without a sandbox.

    Args:
        state: The task, whose metadata says whether the sandbox is one of this package's; None in an agent.

    Raises:
        AuctionError: If it cannot be kept: the folder is the root, there is no tar, or it is too large.
    """
    try:
        box = sandbox()
    except (ProcessLookupError, LookupError):
        return None
    ours = state is not None and "scorer_user" in state.metadata
    return await _kept(box, AGENT_USER if ours else None)


async def _kept(box: SandboxEnvironment, user: str | None) -> WorkFolder:
    try:
        done = await box.exec(["sh", "-c", _SAVE, _archive()], user=user, timeout=_SECONDS, timeout_retry=False)
    except (TimeoutError, OSError, RuntimeError, OutputLimitExceededError) as error:
        raise _cannot(f"{type(error).__name__}: {error}") from error
    if not done.success:
        raise _cannot(done.stderr or "it is the root of the file system")
    path, _, content = done.stdout.partition("\n")
    return WorkFolder(box=box, user=user, path=path, content=content)


def _archive() -> str:
    return f"/tmp/sale-{uuid.uuid4().hex}.tar.gz"


def _cannot(reason: str) -> AuctionError:
    told = (reason.strip() or "no reason given").splitlines()[-1][:300]
    return AuctionError(
        f"escalate: the working folder of the sandbox cannot be kept and put back ({told}), so a further execution "
        "would begin with what the one before left. Use escalate=0 for such tasks."
    )
