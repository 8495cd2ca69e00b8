"""The auction memory of many processes and machines: PostgreSQL with pgvector."""

from sale_inspect.memory.postgres._indexed import IndexMade, make_index
from sale_inspect.memory.postgres._leftover_runs import LeftoverRun, leftover_runs, remove_run
from sale_inspect.memory.postgres._memory import PostgresMemory
from sale_inspect.memory.postgres._store import ServerStore
from sale_inspect.memory.postgres._tables import TABLES_VERSION

__all__ = [
    "TABLES_VERSION",
    "IndexMade",
    "LeftoverRun",
    "PostgresMemory",
    "ServerStore",
    "leftover_runs",
    "make_index",
    "remove_run",
]
