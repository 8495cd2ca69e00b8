"""One function on many items, somewhere."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sale_inspect._errors import MachinesError
from sale_inspect._machines._join import joined_ray

__all__ = ["Engine", "engine_of", "here"]

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")

_RETRIES = 5
"""How often a piece of work is done again after its worker or machine was lost."""

_NO_MACHINE_SECONDS = 300.0


class Engine(Protocol):
    """Does pieces of work. Function and items go to other processes, so both must be picklable where there are any."""

    @property
    def far(self) -> bool:
        """Whether they are done on machines that may be others than this one."""
        ...

    @property
    def workers(self) -> int:
        """How many are done at once."""
        ...

    def map(self, function: Callable[[_Item], _Made], items: Iterable[_Item]) -> Iterator[_Made]:
        """What the function makes of each item, in their order.

        Raises:
            MachinesError: If no machine is left.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Here:
    workers: int = 1
    far: bool = False

    def map(self, function: Callable[[_Item], _Made], items: Iterable[_Item]) -> Iterator[_Made]:
        if self.workers < 2:
            yield from map(function, items)
            return
        # Forking a process that has threads, such as a progress display's, may hang.
        spawning = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.workers, mp_context=spawning, initializer=gc.disable) as pool:
            yield from pool.map(function, items)


@dataclass(frozen=True, slots=True)
class _Ray:
    ray: Any
    address: str
    far: bool = True

    @property
    def workers(self) -> int:
        return sum(int(node["Resources"].get("CPU", 0)) for node in self.ray.nodes() if node["Alive"])

    def map(self, function: Callable[[_Item], _Made], items: Iterable[_Item]) -> Iterator[_Made]:
        do = self.ray.remote(num_cpus=1, max_retries=_RETRIES)(_call)
        # Once for all items: a function may carry a whole table.
        carried = self.ray.put(function)
        left = [do.remote(carried, item) for item in items]
        try:
            while left:
                made = self._made(left[0])
                del left[0]
                yield made
        finally:
            # Once this process has left the Ray, asking it anything would join it again.
            for each in left if self.ray.is_initialized() else ():
                self.ray.cancel(each, force=True)

    def _made(self, task: Any) -> Any:
        alone = None
        while not self.ray.wait([task], timeout=1.0)[0]:
            alone = None if self.workers else alone or time.monotonic()
            if alone is not None and time.monotonic() - alone > _NO_MACHINE_SECONDS:
                raise MachinesError(
                    f"Ray at {self.address}: no machine has been left for {_NO_MACHINE_SECONDS / 60:.0f} minutes."
                )
        try:
            return self.ray.get(task)
        except self.ray.exceptions.RayTaskError as error:
            # As if it had been done here: Ray's own text is a traceback.
            raise error.cause from error
        except self.ray.exceptions.RayError as error:
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise MachinesError(f"Ray at {self.address}: a piece of work was lost: {said[:300]}") from error


def here(processes: int = 1) -> Engine:
    """This machine.

    Args:
        processes: In how many processes; 1 for this one alone. More need an importable main module.
    """
    return _Here(processes)


@contextmanager
def engine_of(ray: str, processes: int = 1) -> Iterator[Engine]:
    """The machines of a Ray, or this one.

    Args:
        ray: `local`, `auto`, or HOST:PORT of a Ray's head; empty for this machine.
        processes: Processes of this machine, without a Ray.

    Raises:
        MissingRequirementError: If Ray is not installed.
        MachinesError: If no Ray answers there.
    """
    if not ray:
        yield here(processes)
        return
    with joined_ray(ray) as joined:
        yield _Ray(joined, ray)


def _call(function: Callable[[Any], Any], item: Any) -> Any:
    return function(item)
