"""The auction memory: one SQLite file as the truth, and an index of its tasks."""

from sale_inspect.memory._address import ServerAddress, is_server_address, server_address
from sale_inspect.memory._compact import NEAR_DUPLICATE, Compaction, Gone, compact, plan_compaction
from sale_inspect.memory._contract import AuctionMemory, Found, Heard, NotSettledError, Place, Recalled, RunIdentity
from sale_inspect.memory._embedded import EmbeddedMemory
from sale_inspect.memory._files import MemoryBusyError, MemoryFencedError, MemoryFileError
from sale_inspect.memory._index import EXACT_UP_TO, NeighbourIndex
from sale_inspect.memory._jsonl import JSONL_VERSION, Imported, export_jsonl, import_jsonl
from sale_inspect.memory._leftovers import Leftover, leftovers, remove_leftover, remove_memory
from sale_inspect.memory._places import MEMORY_DIR_VARIABLE, make_runs_folder, runs_folder
from sale_inspect.memory._recall import Remembered, TaskIndex, fill_vectors, task_vectors
from sale_inspect.memory._rows import Counts, Run, RunPosition, Settled, StoredAuction, WinnerTally
from sale_inspect.memory._run_past import RunIndex, RunPast
from sale_inspect.memory._schema import SCHEMA_VERSION
from sale_inspect.memory._store import MemoryStore
from sale_inspect.memory._vectors import Vectors

__all__ = [
    "EXACT_UP_TO",
    "JSONL_VERSION",
    "MEMORY_DIR_VARIABLE",
    "NEAR_DUPLICATE",
    "SCHEMA_VERSION",
    "AuctionMemory",
    "Compaction",
    "Counts",
    "EmbeddedMemory",
    "Found",
    "Gone",
    "Heard",
    "Imported",
    "Leftover",
    "MemoryBusyError",
    "MemoryFencedError",
    "MemoryFileError",
    "MemoryStore",
    "NeighbourIndex",
    "NotSettledError",
    "Place",
    "Recalled",
    "Remembered",
    "Run",
    "RunIdentity",
    "RunIndex",
    "RunPast",
    "RunPosition",
    "ServerAddress",
    "Settled",
    "StoredAuction",
    "TaskIndex",
    "Vectors",
    "WinnerTally",
    "compact",
    "export_jsonl",
    "fill_vectors",
    "import_jsonl",
    "is_server_address",
    "leftovers",
    "make_runs_folder",
    "plan_compaction",
    "remove_leftover",
    "remove_memory",
    "runs_folder",
    "server_address",
    "task_vectors",
]
