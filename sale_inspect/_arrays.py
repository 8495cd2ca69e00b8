"""Archives of arrays, read within bounds, as `_bounds` has it for texts."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect._bounds import check_unpacked

__all__ = ["arrays_in"]

_HEADERS: dict[tuple[int, int], Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_MOST_UNPACKED = 256 << 20
_UNPACKED_RATIO = 20


def arrays_in(content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an `.npz` file, by name.

    Args:
        content: The file's bytes.

    Raises:
        ValueError: If the file unpacks to far more than it is, or an array's header states more than it holds. What
            zipfile and numpy raise on a damaged file comes through.
    """
    _check_arrays(content)
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _check_arrays(content: bytes) -> None:
    """Refuse arrays that would take more memory than a file of this package needs, before they are made.

    Raises:
        ValueError: If the file unpacks to far more than it is, or an array's header states more than it holds.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        check_unpacked(archive.infolist(), packed=len(content), most=_MOST_UNPACKED, ratio=_UNPACKED_RATIO)
        for member in archive.infolist():
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"its member {member.filename} is compressed in a way that is not read")
            with archive.open(member) as file:
                version = np.lib.format.read_magic(file)
                if version not in _HEADERS:
                    raise ValueError(f"its member {member.filename} is in a format of arrays that is not read")
                shape, _, kind = _HEADERS[version](file)
            if math.prod(shape) * kind.itemsize > member.file_size:
                raise ValueError(f"its member {member.filename} states more values than it holds")
