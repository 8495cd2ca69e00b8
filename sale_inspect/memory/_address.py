"""Addresses of memories in PostgreSQL: what they name, and how they are shown, without a password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from sale_inspect._errors import MissingRequirementError, OptionError

__all__ = ["DEFAULT_NAME", "Search", "ServerAddress", "is_server_address", "server_address"]

DEFAULT_NAME = "memory"
"""Name of the memory in a database whose address names none."""

Search = Literal["exact", "hnsw"]

_SCHEMES = ("postgresql://", "postgres://")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerAddress:
    """A memory in a database.

    Attributes:
        conninfo: How to connect, in the form of libpq, without a password.
        name: Name of the memory: a database holds any number of them, each in a schema of its own, `sale_NAME`.
        search: `exact`, or `hnsw` for pgvector's approximate index.
        shown: The address as it is shown.
    """

    conninfo: str = field(repr=False)
    name: str
    search: Search
    shown: str

    def __str__(self) -> str:
        return self.shown

    @property
    def schema(self) -> str:
        """The schema in which its tables are."""
        return f"sale_{self.name}"


def is_server_address(text: object) -> bool:
    """Whether this is the address of a memory in PostgreSQL, by its first letters."""
    return isinstance(text, str) and text.startswith(_SCHEMES)


def server_address(text: str) -> ServerAddress:
    """Read `postgresql://HOST/DATABASE?memory=NAME&search=exact|hnsw`; what else stands in it is libpq's.

    Names, ports and services that are missing come from libpq's environment (PGHOST, PGSERVICE and so on).

    Raises:
        MissingRequirementError: If psycopg or pgvector is not installed.
        OptionError: If it is no such address, or there is a password in it. What is wrong is not repeated.
    """
    try:
        import pgvector.psycopg  # noqa: F401
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise MissingRequirementError(
            "memory=postgresql://... needs psycopg and pgvector. Install them: pip install 'sale-inspect[postgres]'."
        ) from error
    try:
        parts = urlsplit(text)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        own = {key: value for key, value in query if key in ("memory", "search")}
        others = [(key, value) for key, value in query if key not in own]
        known = conninfo_to_dict(urlunsplit(parts._replace(query=urlencode(others, quote_via=quote))))
    except (ValueError, ProgrammingError):
        # Both errors quote what they could not read, which may be a password.
        raise OptionError(
            "memory: this is no address of PostgreSQL. Write postgresql://HOST:PORT/DATABASE, with ?memory=NAME for a "
            "memory of its own in that database."
        ) from None
    if any(value for key, value in known.items() if "password" in key or "secret" in key):
        raise OptionError(
            "memory: the address has a password, which would stand in logs and lists of processes. Leave it out, and "
            "give it in PGPASSWORD or in a file .pgpass (PGPASSFILE)."
        )
    name, search = own.get("memory", DEFAULT_NAME), own.get("search", "exact")
    if not _NAME.fullmatch(name):
        raise OptionError(f"memory: ?memory= must be a name of at most 40 letters a-z, digits and _, got {name!r}.")
    if search not in ("exact", "hnsw"):
        raise OptionError(f"memory: ?search= must be exact or hnsw, got {search!r}.")
    where = "".join(str(known.get(key) or "") and f"{sign}{known[key]}" for key, sign in (("host", ""), ("port", ":")))
    shown = f"postgresql://{where}/{known.get('dbname') or ''}" + f"?memory={name}" * (name != DEFAULT_NAME)
    conninfo = " ".join(f"{key}={_quoted(str(value))}" for key, value in known.items() if value is not None)
    return ServerAddress(conninfo=conninfo, name=name, search="hnsw" if search == "hnsw" else "exact", shown=shown)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", r"\\").replace("'", r"\'") + "'"
