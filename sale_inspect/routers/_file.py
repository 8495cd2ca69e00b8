"""The router file: one .npz with a JSON header and arrays. It holds no code and no pickle."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from sale_inspect._arrays import arrays_in
from sale_inspect._bounds import json_value
from sale_inspect._errors import OutcomesError
from sale_inspect._files import write_file
from sale_inspect.routers._header import FORMAT, VERSION, RouterHeader
from sale_inspect.routers.kinds import ROUTERS
from sale_inspect.routers.parts import Fitted

__all__ = ["RouterFile", "read_router_file", "save_router"]

_LONE_ARRAY = b"\x93NUMPY"
_HEADER = "header"
_PREFIX = "fit/"

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RouterFile:
    """A router and what is known of it.

    Attributes:
        header: What a reader must know.
        router: The router, or cascade, with its knob set.
    """

    header: RouterHeader
    router: Fitted


def save_router(path: Path | str, file: RouterFile) -> None:
    """Write a router file, whole or not at all. The same file gives the same bytes.

    Raises:
        FileWriteError: If it cannot be written.
        OutcomesError: If an array holds a number that is not finite.
    """
    target = Path(path)
    meta, arrays = file.router.to_arrays()
    header = file.header.model_dump(mode="json") | {"fit": meta}
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise OutcomesError(
                f"Router file {target}: array `{name}` has a number that is not finite. Train it again."
            )
    text = json.dumps(header, allow_nan=False, sort_keys=True)
    content = io.BytesIO()
    members: dict[str, NDArray[Any]] = {_HEADER: np.frombuffer(text.encode(), dtype=np.uint8)}
    members |= {f"{_PREFIX}{name}": np.asarray(array) for name, array in arrays.items()}
    np.savez(content, allow_pickle=False, **members)
    write_file(target, content.getvalue())


def read_router_file(path: Path | str, *, names: Mapping[str, str] | None = None) -> RouterFile:
    """Read a router file, whatever its agents and embedder.

    Args:
        path: The file.
        names: Other names for its agents, by those of the file; for a pool that calls the same models otherwise.

    Raises:
        OutcomesError: If there is no such file, it is damaged or newer, or a field does not fit. The
            message names the file, the field and the remedy.
    """
    target = Path(path)
    members = _members(target)
    header, fit = _header(target, members)
    if names:
        header, fit = _renamed_header(header, names), _renamed(fit, names)
    kind = ROUTERS.get(header.router)
    if kind is None:
        raise OutcomesError(
            f"Router file {target}: field `router` is {header.router!r}, which this package does not have. It has "
            f"{', '.join(ROUTERS)}. Use the version of this package that made the file."
        )
    arrays = {name.removeprefix(_PREFIX): array for name, array in members.items() if name.startswith(_PREFIX)}
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise OutcomesError(
                f"Router file {target}: array `{name}` has a number that is not finite. Train it again with "
                "`sale-inspect train`."
            )
    router = _named(target, lambda: kind.from_arrays(fit, arrays))
    return RouterFile(header=header, router=_agreeing(target, header, router))


def _members(target: Path) -> dict[str, NDArray[Any]]:
    try:
        content = target.read_bytes()
    except OSError as error:
        raise OutcomesError(
            f"Router file {target} cannot be read: {error.strerror}. Make one with `sale-inspect train`."
        ) from error
    damaged = (ValueError, EOFError, LookupError, OSError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
    try:
        if not content.startswith(_LONE_ARRAY):
            return arrays_in(content)
    except damaged as error:
        raise OutcomesError(
            f"Router file {target} is damaged, cut off or no router file ({error}). Restore a copy, or train again "
            "with `sale-inspect train`."
        ) from error
    raise OutcomesError(f"Router file {target} is a lone array, no router file. Name a file of `sale-inspect train`.")


def _header(target: Path, members: Mapping[str, NDArray[Any]]) -> tuple[RouterHeader, dict[str, Any]]:
    foreign = f"Router file {target}: no router file: field `{_HEADER}`"
    array = members.get(_HEADER)
    if array is None or array.dtype != np.uint8 or array.ndim != 1:
        raise OutcomesError(f"{foreign} is missing or no text. Name a file of `sale-inspect train`.")
    try:
        values = json_value(array.tobytes().decode())
    except ValueError as error:
        raise OutcomesError(f"{foreign} is no JSON ({error}). Train again with `sale-inspect train`.") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise OutcomesError(f"{foreign} has another format. Name a file of `sale-inspect train`.")
    version = values.get("version")
    if isinstance(version, int) and version > VERSION:
        raise OutcomesError(
            f"Router file {target}: field `version` is {version}, newer than the {VERSION} that this package reads. "
            "Update sale-inspect, or train again with this version."
        )
    fit = values.pop("fit", None)
    if not isinstance(fit, dict):
        raise OutcomesError(f"Router file {target}: field `fit` is missing. Train again with `sale-inspect train`.")
    try:
        return RouterHeader.model_validate(values), fit
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"]) or _HEADER
        message = fault["msg"].removeprefix("Value error, ")
        raise OutcomesError(
            f"Router file {target}: field `{field}`: {message}. Train again with `sale-inspect train`."
        ) from error


def _renamed_header(header: RouterHeader, names: Mapping[str, str]) -> RouterHeader:
    values = header.model_dump()
    values["agents"] = [names.get(agent, agent) for agent in header.agents]
    if header.prices is not None:
        values["prices"] = {names.get(agent, agent): price for agent, price in header.prices.items()}
    singles = {names.get(agent, agent): point for agent, point in values["training"]["singles"].items()}
    values["training"] = values["training"] | {"singles": singles}
    return RouterHeader.model_validate(values)


def _renamed(fit: Any, names: Mapping[str, str]) -> Any:
    """The fit with other agents, also in a router that it wraps: each has its agents under `agents`."""
    if isinstance(fit, list):
        return [_renamed(each, names) for each in fit]
    if not isinstance(fit, dict):
        return fit
    return {
        name: [names.get(each, each) if isinstance(each, str) else each for each in value]
        if name == "agents" and isinstance(value, list)
        else _renamed(value, names)
        for name, value in fit.items()
    }


def _named(target: Path, make: Callable[[], _T]) -> _T:
    try:
        return make()
    except OutcomesError as error:
        raise OutcomesError(f"Router file {target}: {error}") from error


def _agreeing(target: Path, header: RouterHeader, router: Fitted) -> Fitted:
    knob = router.knob
    fit_value = None if knob is None else knob.value
    header_value = None if header.knob is None else header.knob.value
    if router.name != header.router or router.agents != header.agents or fit_value != header_value:
        field = "router" if router.name != header.router else "agents" if router.agents != header.agents else "knob"
        raise OutcomesError(
            f"Router file {target}: field `{field}` of the header is not that of the fit. The file was changed by "
            "hand: train again with `sale-inspect train`."
        )
    return router
