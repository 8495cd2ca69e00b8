"""A benchmark task as an Inspect sample."""

from __future__ import annotations

from pathlib import Path

from inspect_ai.dataset import Sample
from inspect_ai.util import SandboxEnvironmentSpec

from sale_inspect._errors import BenchError
from sale_inspect._inspect.tasks._sandboxes import SCORING_USER
from sale_inspect.bench import TaskItem

__all__ = ["WORK_FOLDER", "sample_of"]

WORK_FOLDER = "/workspace"
"""Where attachments lie in the packaged sandboxes."""

_ASK = {
    "mcq": "",
    "function": "Submit the whole program in one ```python block. It is tested by calling `{entry_point}`.",
    "short_answer": "Submit only the answer, as short as possible.",
}


def sample_of(item: TaskItem, sandbox: SandboxEnvironmentSpec | None, folder: Path | None = None) -> Sample:
    """The sample of a task.

    Args:
        item: The task.
        sandbox: Where its code runs.
        folder: Where the source's attachments are.

    Raises:
        BenchError: If an attachment is not there or there is no sandbox to put it into.
    """
    files = _attachments(item, sandbox, folder)
    where = "your working folder" if sandbox is not None and sandbox.type == "local" else WORK_FOLDER
    told = [f"The file {name} lies in {where}." for name in item.attachments]
    ask = _ASK[item.kind].format(entry_point=item.entry_point)
    targets: dict[str, str | list[str]] = {
        "mcq": item.answer,
        "function": list(item.tests),
        "short_answer": [item.answer, *item.aliases],
    }
    return Sample(
        id=item.id,
        input="\n\n".join(part for part in (item.question, *told, ask) if part),
        choices=list(item.choices) or None,
        target=targets[item.kind],
        sandbox=sandbox,
        files=files or None,
        metadata={
            "kind": item.kind,
            "rule": item.rule,
            "domain": item.domain,
            "source": item.source,
            "bin": item.bin,
            "tau_minutes": item.tau_minutes,
            "tau_provenance": item.tau_provenance,
            "tau_form": item.tau_form,
            "tau_low": item.tau_low,
            "tau_high": item.tau_high,
            "level": item.level,
            "topic": item.topic,
            "licence": item.licence,
            **(_function_metadata(item, sandbox) if item.kind == "function" else {}),
        },
    )


def _function_metadata(item: TaskItem, sandbox: SandboxEnvironmentSpec | None) -> dict[str, str]:
    about = {"entry_point": item.entry_point, "preamble": item.preamble, "setup": item.setup}
    if sandbox is not None:
        about["sandbox_type"] = sandbox.type
    if sandbox is not None and sandbox.type == "docker":
        about["scorer_user"] = SCORING_USER
    return about


def _attachments(item: TaskItem, sandbox: SandboxEnvironmentSpec | None, folder: Path | None) -> dict[str, str]:
    if item.attachments and sandbox is None:
        raise BenchError(
            f"{item.id} comes with the file {item.attachments[0]}, which needs a sandbox: -T sandbox=docker, or leave "
            f"its source out with -T sources=."
        )
    files = {}
    for name in item.attachments:
        path = (folder or Path()) / Path(name).name
        if not path.is_file():
            raise BenchError(f"{item.id}: its attachment {path} is not there. Put the source's attachments beside it.")
        # A local sandbox is a folder of its own; an absolute path would be one of this machine.
        local = sandbox is not None and sandbox.type == "local"
        files[path.name if local else f"{WORK_FOLDER}/{path.name}"] = str(path)
    return files
