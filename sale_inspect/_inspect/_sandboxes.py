"""Where model-written code runs: Docker by default, this machine only by name."""

from __future__ import annotations

from pathlib import Path

from inspect_ai.util import SandboxEnvironment, SandboxEnvironmentSpec, sandbox

from sale_inspect._errors import MissingRequirementError
from sale_inspect.checks import require_docker

__all__ = ["CODING_IMAGE", "coding_sandbox", "compose_file", "scoring_sandbox"]

CODING_IMAGE = "sale-inspect-coding:1"
"""Tag of the coding sandbox's image."""

SCORER_SERVICE = "scorer"
"""Service of the compose file in which unit tests run; the agent cannot reach it."""


def compose_file(name: str) -> Path:
    """The compose file of a packaged sandbox, for instance `coding`.

    An installed package holds the files; in a checkout they stand at the top level.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent / "sandboxes", package / "_sandboxes"):
        path = folder / name / "compose.yaml"
        if path.is_file():
            return path
    raise MissingRequirementError(f"The files of the sandbox {name!r} are not installed. Reinstall sale-inspect.")


def coding_sandbox(kind: str) -> SandboxEnvironmentSpec:
    """The sandbox of a coding sample.

    Args:
        kind: `docker` (the packaged compose file), `local` (no isolation: code of the agent runs as
            you, on this machine) or any other sandbox type that Inspect knows.

    Raises:
        MissingRequirementError: If `docker` is asked for and no usable engine is there.
    """
    if kind == "docker":
        require_docker()
        return SandboxEnvironmentSpec("docker", str(compose_file("coding")))
    return SandboxEnvironmentSpec(kind)


def scoring_sandbox() -> tuple[SandboxEnvironment, str]:
    """The environment in which answers are tested, and its name for the log.

    It is the service `scorer` where the sandbox has one, else the agent's own environment, in a
    fresh process.
    """
    try:
        return sandbox(SCORER_SERVICE), SCORER_SERVICE
    except ValueError:
        return sandbox(), "default"
