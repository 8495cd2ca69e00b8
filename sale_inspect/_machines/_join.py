"""Joins a Ray, or says why not."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sale_inspect._errors import MachinesError, MissingRequirementError

__all__ = ["joined_ray"]

_ANSWER_SECONDS = 5.0
_JOIN_SECONDS = 90.0
_PROBE = "import ray, sys; ray.init(address=sys.argv[1], log_to_driver=False, logging_level='ERROR'); print('joined')"


@contextmanager
def joined_ray(address: str, *, cpus: int = 1) -> Iterator[Any]:
    """Join a Ray, or start one on this machine.

    Args:
        address: `local`, `auto`, or HOST:PORT of its head.
        cpus: A local one has at least so many CPUs.

    Yields:
        The module `ray`, connected.

    Raises:
        MissingRequirementError: If Ray is not installed.
        MachinesError: If nothing answers there, or no Ray does.
    """
    # Not to ask whether Ray may report its use, and not to report it.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise MissingRequirementError("--ray needs Ray. Install it: pip install 'sale-inspect[ray]'.") from error
    more: dict[str, Any] = {}
    if address == "local":
        more = {"num_cpus": max(os.cpu_count() or 1, cpus), "include_dashboard": False}
    else:
        _check_address(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **more)
    except (RuntimeError, ConnectionError, ValueError, OSError) as error:
        raise MachinesError(f"Ray at {address}: cannot be joined: {_line(error)} Nothing was paid.") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """Refuse an address where no Ray answers; Ray itself would wait long, or end the process."""
    if address.startswith("ray://"):
        raise MachinesError(
            f"Ray at {address}: is an address for clients outside the cluster. Run this on one of its machines, with "
            "--ray auto, or with HOST:PORT of its head."
        )
    if address != "auto":
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise MachinesError(f"Ray at {address!r}: write local, auto, or HOST:PORT of its head.")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_SECONDS).close()
        except OSError as error:
            raise MachinesError(
                f"Ray at {address}: does not answer ({error.strerror or error}). Start it (ray start --head), or "
                "correct the address. Nothing was paid."
            ) from error
    try:
        tried = subprocess.run(
            [sys.executable, "-c", _PROBE, address], capture_output=True, text=True, timeout=_JOIN_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MachinesError(
            f"Ray at {address}: something answers, but no cluster could be joined in {_JOIN_SECONDS:.0f} s. Is it the "
            "port of Ray's head, as `ray start` says it? Nothing was paid."
        ) from error
    if "joined" not in tried.stdout:
        last = (tried.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise MachinesError(f"Ray at {address}: cannot be joined: {last[:300].rstrip('.')}. Nothing was paid.")


def _line(error: BaseException) -> str:
    text = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
    return text if text.endswith(".") else f"{text}."
