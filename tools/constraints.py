"""The exact releases with which a study can be repeated: `constraints.txt`, with a hash of every file.

    python tools/constraints.py             # does the file satisfy pyproject.toml? Needs no network
    python tools/constraints.py --resolve   # and is it a whole resolution? Asks the package index, through uv
    python tools/constraints.py --write     # make it, with uv; pins that still fit stay (ARGS: --upgrade renews them)

The file covers the package, the extras that a study may use, and what builds the package, on all systems and Pythons
that pyproject.toml names.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("embed", "k8s", "pdf", "postgres", "ray", "serve")
AGAIN = "Make the file again: make constraints."

_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def faults(pyproject: str, constraints: str) -> list[str]:
    """Why a constraints file does not fit a pyproject.toml, one sentence each; none if it fits.

    Args:
        pyproject: Text of pyproject.toml.
        constraints: Text of the constraints file.
    """
    found: list[str] = []
    chosen: dict[str, list[str]] = {}
    for line in _entries(constraints):
        words = line.split()
        try:
            pin = Requirement(line[: line.index("--hash=")] if "--hash=" in line else line)
        except InvalidRequirement:
            found.append(f"{words[0]}: not a requirement.")
            continue
        versions = [each for each in pin.specifier if each.operator == "==" and not each.version.endswith("*")]
        if pin.url or len(pin.specifier) != 1 or not versions:
            found.append(f"{pin.name}: not one exact release.")
            continue
        if not _HASH.search(line) or line.count("--hash=") != len(_HASH.findall(line)):
            found.append(f"{pin.name}: has no SHA-256.")
        chosen.setdefault(canonicalize_name(pin.name), []).append(versions[0].version)
    for need in needs(pyproject):
        releases = chosen.get(canonicalize_name(need.name), [])
        if not releases:
            found.append(f"{need.name}: pyproject.toml needs it, and no release is chosen.")
        for version in releases:
            if not need.specifier.contains(version, prereleases=True):
                found.append(f"{need.name}: pyproject.toml needs {need.specifier}, and {version} is chosen.")
    return found


def needs(pyproject: str) -> list[Requirement]:
    """What the package, the extras of a study and a build need."""
    read = tomllib.loads(pyproject)
    extras = [need for name in EXTRAS for need in read["project"]["optional-dependencies"][name]]
    return [
        Requirement(need) for need in (*read["project"]["dependencies"], *extras, *read["build-system"]["requires"])
    ]


def pins(constraints: str) -> set[str]:
    """The entries of a constraints file without their hashes, which grow when a release gets another file."""
    return {line.partition(" --hash=")[0] for line in _entries(constraints)}


def _entries(constraints: str) -> Iterator[str]:
    """The entries on one line each, without comments."""
    bare = "\n".join(line.partition("#")[0].rstrip() for line in constraints.splitlines())
    for line in bare.replace("\\\n", " ").splitlines():
        if line.strip():
            yield " ".join(line.split())


def resolve(output: Path, options: Sequence[str], root: Path = ROOT) -> None:
    """Have uv choose releases, beginning with those that the output file has.

    Raises:
        SystemExit: If uv is not there or finds none.
    """
    read = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    python = read["project"]["requires-python"]
    command = [
        "uv", "pip", "compile", "pyproject.toml", "-", "--no-config", "--universal", "--generate-hashes", "--quiet",
        "--python-version", python.removeprefix(">="), "--custom-compile-command", "make constraints",
        *(word for name in EXTRAS for word in ("--extra", name)), *options, "--output-file", str(output),
    ]  # fmt: skip
    try:
        # As a module of this Python, so that the uv of the environment is meant.
        build = "\n".join(read["build-system"]["requires"])
        subprocess.run([sys.executable, "-m", *command], cwd=root, check=True, input=build, text=True)
    except subprocess.CalledProcessError as error:
        sys.exit(f"uv did not choose releases (exit status {error.returncode}). It is in the extra `dev`.")


def _checked(root: Path) -> Mapping[str, str]:
    texts = {name: (root / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "constraints.txt")}
    if wrong := faults(texts["pyproject.toml"], texts["constraints.txt"]):
        sys.exit("\n".join(("constraints.txt does not fit pyproject.toml:", *wrong, AGAIN)))
    return texts


def main(words: Sequence[str] | None = None) -> None:
    """Check the file, or make it.

    Raises:
        SystemExit: If it does not fit.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="make the file")
    parser.add_argument("--upgrade", action="store_true", help="with --write: the newest releases")
    parser.add_argument("--resolve", action="store_true", help="also resolve anew and compare")
    asked = parser.parse_args(words)
    if asked.upgrade and not asked.write:
        parser.error("--upgrade is for --write")
    if asked.write:
        resolve(ROOT / "constraints.txt", ["--upgrade"] * asked.upgrade)
    texts = _checked(ROOT)
    if asked.resolve:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "constraints.txt"
            copy.write_text(texts["constraints.txt"], encoding="utf-8")
            resolve(copy, [])
            changed = sorted(pins(texts["constraints.txt"]) ^ pins(copy.read_text(encoding="utf-8")))
        if changed:
            sys.exit("\n".join(("constraints.txt is no whole resolution; these differ:", *changed, AGAIN)))
    print(f"constraints.txt fits pyproject.toml: {len(pins(texts['constraints.txt']))} releases with their hashes")


if __name__ == "__main__":
    main()
