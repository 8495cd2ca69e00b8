"""Shards of a study as tasks of Ray: what is lost with a worker or a machine is taken up from its log elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sale_inspect._errors import StudyError
from sale_inspect._machines import joined_ray
from sale_inspect._version import __version__
from sale_inspect._work.study import _guard
from sale_inspect._work.study._division import Division

if TYPE_CHECKING:
    from sale_inspect.shards import Shard

__all__ = ["Cluster", "on_ray"]

_PROBE_SECONDS = 120.0
_RETRIES = 5
"""How often a shard is taken up again after its worker or machine was lost."""

_NO_MACHINE_SECONDS = 300.0

Ended = Callable[["Shard", int, str], None]
"""Is told that a shard's command has ended: with which code, and the end of what it said."""


class Cluster:
    """A Ray that this process has joined.

    Args:
        ray: The module.
        address: Where it is, for messages.
    """

    def __init__(self, ray: Any, address: str) -> None:
        self._ray, self._address = ray, address

    @property
    def machines(self) -> dict[str, int]:
        """Machines that are alive and have a CPU for tasks, by Ray's id, with how many."""
        nodes = self._ray.nodes()
        found = {node["NodeID"]: int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"]}
        return {name: count for name, count in found.items() if count}

    @property
    def cpus(self) -> int:
        """CPUs for tasks over all machines."""
        return sum(self.machines.values())

    def check_machines(self, folder: Path, division: Division) -> None:
        """Refuse machines that cannot run the study, before anything is paid.

        Args:
            folder: The study's folder, which each must see under this name.
            division: What its file of shards must say there.

        Raises:
            StudyError: If one does not see the folder, or has another version of this package.
        """
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        look = self._ray.remote(num_cpus=0, max_retries=0)(_looker())
        asked = [
            look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(name, soft=False)).remote(
                str(folder / "shards.json"), division.study_id, __version__
            )
            for name in self.machines
        ]
        try:
            faults = [fault for fault in self._ray.get(asked, timeout=_PROBE_SECONDS) if fault]
        except self._ray.exceptions.RayError as error:
            raise StudyError(
                f"Ray at {self._address}: a machine did not answer a first task: {_line(error)} Nothing was paid."
            ) from error
        if faults:
            raise StudyError(f"Ray at {self._address}: {faults[0]} Nothing was paid.")

    def run(
        self, commands: Sequence[tuple[Shard, Sequence[str], Path]], ended: Ended, look: Callable[[str], None]
    ) -> None:
        """Run commands, each on one CPU somewhere, until all have ended.

        Args:
            commands: Of each shard its arguments for this package's command line, and the file that takes what it says.
            ended: Is told of each that has ended.
            look: Is called each second with a line on what is at work.

        Raises:
            StudyError: If no machine is left for minutes.
        """
        begin = self._ray.remote(num_cpus=1, max_retries=_RETRIES, retry_exceptions=True)(_runner())
        guard = Path(_guard.__file__).read_text(encoding="utf-8")
        left = {begin.remote(guard, list(words), str(said)): shard for shard, words, said in commands}
        alone = None
        try:
            while left:
                done, _ = self._ray.wait(list(left), timeout=1.0)
                for each in done:
                    ended(left.pop(each), *self._end_of(each))
                machines = self.machines
                look(f"{len(left)} shards are left, on {len(machines)} machines with {sum(machines.values())} CPUs")
                alone = None if machines else alone or time.monotonic()
                if left and alone is not None and time.monotonic() - alone > _NO_MACHINE_SECONDS:
                    raise StudyError(
                        f"Ray at {self._address}: no machine has been left for {_NO_MACHINE_SECONDS / 60:.0f} minutes. "
                        "Start some and run the same command again; nothing that is done is lost."
                    )
        finally:
            for each in left:
                self._ray.cancel(each, force=True)

    def _end_of(self, task: Any) -> tuple[int, str]:
        try:
            code, told = self._ray.get(task)
            return int(code), str(told)
        except self._ray.exceptions.RayError as error:
            return 1, f"it was lost {_RETRIES + 1} times, the last time by: {_line(error)}"


@contextmanager
def on_ray(address: str, *, shards: int | None) -> Iterator[Cluster]:
    """Join a Ray, or start one on this machine.

    Args:
        address: `local`, `auto`, or HOST:PORT of its head.
        shards: How many shards there will be, if that is known; a local one has at least so many CPUs, since shards
            mostly wait for models.

    Raises:
        MissingRequirementError: If Ray is not installed.
        MachinesError: If nothing answers there, or no Ray does.
    """
    with joined_ray(address, cpus=shards or 1) as ray:
        yield Cluster(ray, address)


def _looker() -> Callable[[str, str, str], str]:
    """A function that Ray carries to a machine whole: a machine without this package can say that it lacks it."""

    def look(file: str, study: str, version: str) -> str:
        import importlib.metadata
        import socket

        name = socket.gethostname()
        try:
            own = importlib.metadata.version("sale-inspect")
        except importlib.metadata.PackageNotFoundError:
            return f"machine {name} has no sale-inspect. Install version {version} there."
        if own != version:
            return f"machine {name} has sale-inspect {own}, and this one has {version}. Install the same."
        from sale_inspect._bounds import json_value

        try:
            with open(file, encoding="utf-8") as opened:
                there = json_value(opened.read()).get("study_id")
        except (OSError, ValueError) as error:
            return f"machine {name} does not see {file} ({error}). The study's folder must be on all machines."
        return "" if there == study else f"machine {name} sees another study in {file}."

    return look


def _runner() -> Callable[[str, list[str], str], tuple[int, str]]:
    """A function that Ray carries to a machine: it runs a shard's command, which dies with it."""

    def run(guard: str, words: list[str], said: str) -> tuple[int, str]:
        import subprocess
        import sys

        from sale_inspect._files import open_to_append

        own = "import sys; sys.argv[0] = 'sale-inspect'; from sale_inspect._cli import main; main()"
        with open_to_append(said) as output:
            output.write(f"--- {' '.join(words)}\n".encode())
            output.flush()
            began = output.tell()
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", guard, sys.executable, "-c", own, *words],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A process group of its own, which the guard kills as a whole.
                start_new_session=True,
            )
            try:
                code = process.wait()
            finally:
                # Whatever ends this function ends the command: the guard sees its input close.
                if process.stdin is not None:
                    process.stdin.close()
        with open(said, "rb") as output:
            output.seek(max(began, output.seek(0, 2) - 4000))
            told = output.read().decode("utf-8", "replace")
        if code < 0 or code > 128:
            raise RuntimeError(f"the shard's command was killed by signal {-code if code < 0 else code - 128}.")
        return code, told

    return run


def _line(error: BaseException) -> str:
    """The first line of an error that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{lines[-1][:300].rstrip('.')}." if lines else f"{type(error).__name__}."
