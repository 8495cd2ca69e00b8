"""Which memory a run has, from the options that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sale_inspect._errors import OptionError, PoolError
from sale_inspect.embedding import Embedder
from sale_inspect.memory import ServerAddress, is_server_address, server_address

if TYPE_CHECKING:
    from sale_inspect.memory import AuctionMemory, RunIdentity, RunPast

__all__ = ["MemoryChoice", "MemoryUse", "memory_choice", "open_memory"]


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryChoice:
    """Which memory a run has.

    Attributes:
        kind: `run`, `off` or `file`.
        path: The file, for `file`; None for a memory in PostgreSQL.
        server: The memory in PostgreSQL, which is a `file` too: both show the same.
        frozen: Only read it.
        required: The run ends when its file cannot be used.
    """

    kind: str
    path: Path | None = None
    server: ServerAddress | None = None
    frozen: bool = False
    required: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryUse:
    """How an auction uses the memory of its run.

    Attributes:
        choice: Which memory.
        pool: Name of the pool.
        agents: What each of its agents is, by name (`pools.agent_identity`).
        embedder: Which embedder: `auto`, `minilm` or `hashing`.
        lag: `SaleOptions.memory_lag`.
    """

    choice: MemoryChoice
    pool: str
    agents: Mapping[str, str]
    embedder: str
    lag: int = 1


def memory_choice(memory: str | bool, frozen: bool, required: bool = True, own: bool = False) -> MemoryChoice:
    """The choice that the solver's arguments make, checked as far as can be before a run.

    On Inspect's command line `-S memory=off` arrives as False: it reads arguments as YAML.

    Raises:
        PoolError: If a frozen memory names no file.
        OptionError: If the task's own past auctions are asked for, and there can be none.
        MemoryFileError: If the file is no memory, or the server cannot be used.
    """
    if isinstance(memory, bool):
        memory = "run" if memory else "off"
    if memory in ("run", "off"):
        if frozen:
            raise PoolError(f"frozen=true needs a file: memory=FILE, not memory={memory}.")
        if own:
            raise OptionError(
                f"memory_own=true has no effect with memory={memory}: only a file has auctions of earlier runs. Give "
                "memory=FILE."
            )
        return MemoryChoice(kind=memory, required=required)
    if is_server_address(memory):
        return _on_server(memory, frozen, required)
    from sale_inspect.memory import MemoryStore

    path = Path(memory).expanduser()
    # A mistyped word would otherwise make a file of that name.
    if not path.suffix and not path.exists():
        raise PoolError(f"memory must be run, off, or a file such as {memory}.sqlite, got {memory!r}.")
    if not path.parent.is_dir():
        raise PoolError(f"memory: there is no folder {path.parent}. Give run, off, or a file in a folder that exists.")
    if frozen or path.exists():
        MemoryStore(path, mode="frozen" if frozen else "read").close()
    return MemoryChoice(kind="file", path=path, frozen=frozen, required=required)


def _on_server(memory: str, frozen: bool, required: bool) -> MemoryChoice:
    if not required:
        raise OptionError(
            "memory_required=false has no effect with a memory in PostgreSQL: no process knows by itself what "
            "the others settle."
        )
    address = server_address(memory)
    from sale_inspect.memory.postgres import ServerStore

    # What can be wrong with the server is said before anything is paid.
    ServerStore.check(address, create=not frozen)
    return MemoryChoice(kind="file", server=address, frozen=frozen, required=required)


def open_memory(use: MemoryUse, run: RunIdentity, embedder: Embedder, past: RunPast) -> AuctionMemory:
    """Open the memory of a run.

    Args:
        use: How its auctions use it.
        run: The run.
        embedder: What turns tasks into vectors.
        past: The run's places.

    Raises:
        MemoryFileError: If it cannot be used, another process does the same places, or the run began otherwise.
    """
    server = use.choice.server
    if server is not None:
        from sale_inspect.memory.postgres import PostgresMemory

        return PostgresMemory(server, run, embedder, past, frozen=use.choice.frozen)
    from sale_inspect.memory import EmbeddedMemory

    return EmbeddedMemory.open(use.choice.path, run, embedder, past, frozen=use.choice.frozen)
