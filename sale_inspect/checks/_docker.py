"""Whether a Docker engine that Inspect accepts is there, with the sandbox images."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache

from sale_inspect._errors import MissingRequirementError
from sale_inspect.checks._check import Check

__all__ = [
    "MIN_COMPOSE",
    "MIN_ENGINE",
    "build_image",
    "check_docker",
    "check_image",
    "require_docker",
    "version_at_least",
]

MIN_ENGINE = "24.0.6"
MIN_COMPOSE = "2.21.0"
"""Oldest engine and compose that Inspect's docker sandbox accepts (inspect-ai 0.3.285)."""

_START = "start Docker (or set DOCKER_HOST to a running engine)"


def version_at_least(found: str, wanted: str) -> bool:
    """Compare dotted versions; anything after the numbers (`+dfsg1`, `~ce`) is ignored, and 2.21 is 2.21.0."""
    return _numbers(found) >= _numbers(wanted)


def _numbers(version: str) -> tuple[int, ...]:
    head = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    parts = [int(part) for part in head[1].split(".")] if head else []
    return tuple([*parts, 0, 0, 0][:3])


def check_docker() -> Iterator[Check]:
    """Findings on the engine and on compose."""
    import docker

    try:
        client = docker.from_env(timeout=10)
        version = str(client.version()["Version"])
        client.close()
    except docker.errors.DockerException as error:
        reason = str(error).splitlines()[0][:200] if str(error) else "no answer"
        yield Check(name="Docker engine", status="missing", detail=f"no engine answers: {reason}", remedy=_START)
        return
    if version_at_least(version, MIN_ENGINE):
        yield Check(name="Docker engine", status="ok", detail=version)
    else:
        detail = f"{version} is too old; Inspect needs {MIN_ENGINE}"
        yield Check(name="Docker engine", status="missing", detail=detail, remedy=f"upgrade Docker to {MIN_ENGINE}")
    yield _check_compose()


def _check_compose() -> Check:
    remedy = f"install Docker compose {MIN_COMPOSE} or newer"
    try:
        # The docker package does not speak compose; Inspect itself calls this command.
        answer = subprocess.run(
            ["docker", "compose", "version", "--format", "json"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        version = str(json.loads(answer.stdout)["version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return Check(name="Docker compose", status="missing", detail="`docker compose` does not answer", remedy=remedy)
    if version_at_least(version, MIN_COMPOSE):
        return Check(name="Docker compose", status="ok", detail=version)
    detail = f"{version} is too old; Inspect needs {MIN_COMPOSE}"
    return Check(name="Docker compose", status="missing", detail=detail, remedy=remedy)


def check_image(tag: str) -> Check:
    """Whether the sandbox image is there. It is built at the first use if not."""
    import docker

    try:
        client = docker.from_env(timeout=10)
        client.images.get(tag)
    except docker.errors.ImageNotFound:
        return Check(
            name=f"sandbox image {tag}",
            status="optional",
            detail="not built yet; the first run builds it",
            remedy="sale-inspect doctor --build",
        )
    except docker.errors.DockerException:
        return Check(name=f"sandbox image {tag}", status="missing", detail="no engine to look in", remedy=_START)
    return Check(name=f"sandbox image {tag}", status="ok", detail="built")


def build_image(compose_file: str) -> None:
    """Build the images of a compose file.

    Raises:
        MissingRequirementError: If the build fails, with the end of its output.
    """
    answer = subprocess.run(
        ["docker", "compose", "-f", compose_file, "build"], capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise MissingRequirementError(
            f"Building {compose_file} failed:",
            *(answer.stderr or answer.stdout).strip().splitlines()[-8:],
            "If this machine cannot pull images, name a local base image: "
            "export SALE_SANDBOX_BASE=<image with python3>.",
        )


@cache
def require_docker() -> None:
    """Stop if no usable Docker engine is there.

    Raises:
        MissingRequirementError: Naming what is missing and the remedy.
    """
    for check in check_docker():
        if check.status == "missing":
            raise MissingRequirementError(
                f"Model-written code runs in Docker, but: {check.name}: {check.detail}. Do this: {check.remedy}. "
                "Or, for code that you trust, run it on this machine without isolation: -T sandbox=local."
            )
