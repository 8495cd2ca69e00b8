"""Python, Inspect, the embedding model, tokens and data folders."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from sale_inspect._errors import BenchError, MissingSourceError
from sale_inspect.bench.sources import SOURCES, DataPlace, obtain
from sale_inspect.checks._check import Check
from sale_inspect.embedding import MINILM_DIR_VARIABLE, minilm_folder
from sale_inspect.memory import leftovers, runs_folder
from sale_inspect.pools import Pool

__all__ = ["check_data", "check_embedding", "check_leftovers", "check_packages", "check_prices"]

_MIN_INSPECT = (0, 3, 285)


def check_packages() -> Iterator[Check]:
    """Findings on Python and Inspect."""
    # pip refuses to install the package on a Python that is too old, so this one is fine.
    yield Check(name="Python", status="ok", detail=platform.python_version())
    inspect = importlib.metadata.version("inspect-ai")
    numbers = tuple(int(part) for part in inspect.split(".")[:3] if part.isdigit())
    if numbers >= _MIN_INSPECT:
        yield Check(name="Inspect", status="ok", detail=inspect)
    else:
        remedy = "pip install --upgrade inspect-ai"
        yield Check(name="Inspect", status="missing", detail=f"{inspect} is too old", remedy=remedy)


def check_embedding() -> Check:
    """Whether MiniLM is there for the auction memory."""
    if importlib.util.find_spec("fastembed") is None:
        return Check(
            name="embedding model",
            status="optional",
            detail="fastembed is not installed; hashed n-grams are used",
            remedy="pip install 'sale-inspect[embed]'",
        )
    if minilm_folder() is None:
        return Check(
            name="embedding model",
            status="optional",
            detail=f"{MINILM_DIR_VARIABLE} names no folder with model.onnx; hashed n-grams are used",
            remedy=f"export {MINILM_DIR_VARIABLE}=<folder of all-MiniLM-L6-v2>, or -S embedder=minilm to download",
        )
    return Check(name="embedding model", status="ok", detail=f"all-MiniLM-L6-v2 in {minilm_folder()}")


def check_leftovers() -> Check:
    """What runs left behind in the folder of their own memories, with its size."""
    there = [each for each in leftovers() if not each.kept]
    if not there:
        return Check(name="memories of runs", status="ok", detail="none was left behind by a run")
    size = sum(each.size for each in there) / 2**20
    return Check(
        name="memories of runs",
        status="optional",
        detail=f"{len(there)} left by runs that ended early, {size:.1f} MiB in {runs_folder()}, the oldest of "
        f"{there[0].changed:%Y-%m-%d}",
        remedy="inspect eval-retry goes on with them; if nobody needs them: sale-inspect memory clean",
    )


def check_prices(pool: Pool) -> Iterator[Check]:
    """The prices of a pool with their dates. A pool without a price cannot be loaded at all."""
    for agent in pool.agents:
        price = agent.price
        detail = f"${price.input:g} in, ${price.output:g} out per million tokens, as of {price.as_of} ({price.source})"
        yield Check(name=f"price of {agent.name}, as the pool states it", status="ok", detail=detail)


def check_data(data_dir: Path | None) -> Iterator[Check]:
    """Findings on benchmark data and on the token for gated data sets."""
    token = os.environ.get("HF_TOKEN")
    if token:
        yield Check(name="Hugging Face token", status="unchecked", detail="HF_TOKEN is set; it was not tried")
    else:
        yield Check(
            name="Hugging Face token",
            status="optional",
            detail="HF_TOKEN is not set; gated sources cannot be read",
            remedy="export HF_TOKEN=<your token>",
        )
    yield Check(name="hst_mini", status="ok", detail="comes with the package")
    if data_dir is None:
        yield Check(
            name="benchmark data",
            status="optional",
            detail="no folder given; the benchmark's sources are downloaded when a task starts",
            remedy="sale-inspect doctor --data-dir DIR",
        )
        return
    if not data_dir.is_dir():
        yield Check(
            name="benchmark data",
            status="missing",
            detail=f"{data_dir} is not a folder",
            remedy="give a folder with the original files, for instance mbpp/sanitized-mbpp.json",
        )
        return
    yield from _sources(DataPlace.of(data_dir, offline=True))


def _sources(place: DataPlace) -> Iterator[Check]:
    for source in SOURCES.values():
        name = f"data of {source.title}"
        try:
            obtained = obtain(source, place)
        except MissingSourceError as error:
            yield Check(name=name, status="optional", detail="not in the folder", remedy=str(error))
        except BenchError as error:
            yield Check(name=name, status="missing", detail="damaged", remedy=str(error))
        else:
            files = ", ".join(path.name for path in obtained.files) or "comes with the package"
            yield Check(name=name, status="ok", detail=files)
