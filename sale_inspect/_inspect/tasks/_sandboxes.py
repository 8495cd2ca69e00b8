"""Where model-written code runs: Docker by default, this machine only by name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from inspect_ai.util import SandboxEnvironmentSpec

from sale_inspect._errors import MissingRequirementError
from sale_inspect._inspect.tasks._judging import prove_here
from sale_inspect.checks import require_docker

__all__ = [
    "AGENT_USER",
    "CODING_IMAGE",
    "SCORING_USER",
    "SEARCH_IMAGE",
    "coding_sandbox",
    "compose_file",
    "search_sandbox",
]

CODING_IMAGE = "sale-inspect-coding:2"
"""Tag of the coding sandbox's image."""

SEARCH_IMAGE = "sale-inspect-search:2"
"""Tag of the deep-search sandbox's image."""

AGENT_USER = "1000:1000"
"""User and group of an agent's tools in the packaged sandboxes, whose main process is user 1001."""

SCORING_USER = "root"
"""User that starts the judge in the packaged sandbox. It takes a user for itself and one for the program at once."""


def compose_file(name: str) -> Path:
    """The compose file of a packaged sandbox, for instance `coding`."""
    return sandbox_file(name, "compose.yaml")


def sandbox_file(name: str, file: str) -> Path:
    """A file of a packaged sandbox: `compose.yaml` for Docker, `values.yaml` for Kubernetes.

    An installed package holds the files; in a checkout they stand at the top level.
    """
    package = Path(__file__).resolve().parents[2]
    for folder in (package.parent / "sandboxes", package / "_sandboxes"):
        path = folder / name / file
        if path.is_file():
            return path
    raise MissingRequirementError(f"The files of the sandbox {name!r} are not installed. Reinstall sale-inspect.")


def coding_sandbox(kind: str) -> SandboxEnvironmentSpec:
    """The sandbox of a coding sample.

    Args:
        kind: `docker` (the packaged compose file), `k8s` (the packaged values of inspect-k8s-sandbox's chart), `local`
            (no isolation: code of the agent runs as you, on this machine) or any other sandbox type that Inspect knows.

    Raises:
        MissingRequirementError: If `docker` is asked for and no usable engine is there, or if `local` is and
            programs cannot be tested on this machine.
    """
    if kind == "local":
        prove_here()
    return _sandbox("coding", kind)


def search_sandbox(kind: str) -> SandboxEnvironmentSpec:
    """The sandbox of a deep-search sample: Python, and a task's attachments in its work folder.

    The tools that search and read run outside it; it has no network.

    Args:
        kind: As in `coding_sandbox`.

    Raises:
        MissingRequirementError: If `docker` is asked for and no usable engine is there.
    """
    return _sandbox("search", kind)


def _sandbox(name: str, kind: str) -> SandboxEnvironmentSpec:
    if kind == "docker":
        require_docker()
        return SandboxEnvironmentSpec("docker", str(compose_file(name)))
    if kind == "k8s":
        if find_spec("k8s_sandbox") is None:
            raise MissingRequirementError(
                "sandbox=k8s needs inspect-k8s-sandbox, Helm and a cluster. Install the first: pip install "
                "'sale-inspect[k8s]'."
            )
        return SandboxEnvironmentSpec("k8s", str(sandbox_file(name, "values.yaml")))
    return SandboxEnvironmentSpec(kind)
