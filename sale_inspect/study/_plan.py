"""The steps of a study: evaluations in order, and what makes each of them the same as one that was done."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sale_inspect.pools import Pool
from sale_inspect.shards import WHOLE, Shard
from sale_inspect.study._divide import Divided
from sale_inspect.study._file import ORDER_ARGUMENT, Fit, SalePolicy, StudyFile, held_options

__all__ = [
    "POOL_FILE",
    "Evaluation",
    "StudySide",
    "StudyStep",
    "evaluations",
    "fits_of",
    "router_file",
    "study_steps",
    "weights_file",
]

StudySide = Literal["dev", "test"]
POOL_FILE = "pool.yaml"
"""The study's own copy of the pool, in its folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyStep:
    """One policy on one side, over all tasks.

    Attributes:
        side: dev or test.
        policy: Its name in tables.
        solver: Name of the solver.
        args: Its arguments; files are named from the study's folder.
        order: Which order of the samples, from 0; 0 is the dataset's own.
        needs: Files that dev must have given before.
        agents: Agents whose entries in the pool decide what it does.
    """

    side: StudySide
    policy: str
    solver: str
    args: Mapping[str, Any]
    order: int = 0
    needs: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    @property
    def shares_memory(self) -> bool:
        """Whether its auctions look at those of other processes."""
        memory = self.args.get("memory")
        return self.solver.endswith("/sale") and isinstance(memory, str) and memory not in ("run", "off")

    @property
    def folder(self) -> str:
        """Folder of the policy's logs on its side: letters, digits and -._+ of its name, and a hash if others are."""
        plain = re.sub(r"[^A-Za-z0-9._+-]+", "-", self.policy)
        if plain == self.policy or self.policy == f"{plain.removesuffix('-alone')} alone":
            return plain
        return f"{plain}-{hashlib.sha256(self.policy.encode()).hexdigest()[:6]}"

    @property
    def name(self) -> str:
        """Name of the step, and of its folder among the logs."""
        return f"{self.side}/{self.folder}" + (f"/order-{self.order}" if self.order else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """One `inspect eval`: a step on one task. Plain data, so that any process can run it.

    Attributes:
        folder: Folder of its logs, below the logs' folder.
        task: The task, as `inspect eval` takes it.
        task_args: Its arguments.
        sample_ids: The samples.
        solver: Name of the solver.
        solver_args: Its arguments.
        epochs: Runs of each sample.
        limits: Of a sample, by Inspect's names.
        sandbox: In place of the task's own; None leaves it.
        max_samples: Samples at once.
        roles: Models of the task's own roles.
        metadata: Of the log.
        tags: Of the log.
        key: Hash of all that decides the result. A log of another key is of another evaluation.
        shard: Which part of the evaluation this is.
        watched: Somebody may look on: Inspect then also keeps what happens in samples that are at work. An evaluation
            of simulated agents is over in seconds, and a quarter of its processor time would go there.
    """

    folder: str
    task: str
    task_args: Mapping[str, Any]
    sample_ids: tuple[str | int, ...]
    solver: str
    solver_args: Mapping[str, Any]
    epochs: int
    limits: Mapping[str, int]
    sandbox: str | None
    max_samples: int
    roles: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    key: str = ""
    shard: Shard = WHOLE
    watched: bool = True

    @property
    def runs(self) -> int:
        """Runs of samples."""
        return len(self.sample_ids) * self.epochs


def fits_of(study: StudyFile) -> tuple[Fit, ...]:
    """What must be fitted on dev, each once."""
    return tuple(dict.fromkeys(policy.fit for policy in study.policies.sale if policy.fit != "none"))


def weights_file(fit: Fit) -> str:
    """Where the fit is kept, in the study's folder."""
    return f"fits/{fit}.{'npz' if fit == 'calibrated' else 'json'}"


def router_file(name: str) -> str:
    """Where a trained router is kept, in the study's folder."""
    return f"routers/{name}.npz"


def study_steps(study: StudyFile, agents: Sequence[str]) -> Iterator[StudyStep]:
    """All evaluations in order: dev, then test.

    Args:
        study: The study.
        agents: Names of the pool's agents, in order.
    """
    shared = study.harness.arguments()
    # The solver `single` has an option `agent` of its own: which one runs.
    alone = {"executor" if name == "agent" else name: value for name, value in shared.items()}
    for side in ("dev", "test"):
        for agent in agents:
            args = {"pool": POOL_FILE, "agent": agent, **alone}
            yield StudyStep(
                side=side, policy=f"{agent} alone", solver="sale_inspect/single", args=args, agents=(agent,)
            )
        if side == "dev" and fits_of(study):
            # Fits need auctions with uniform weights and no memory, held as the fitted ones will be, and all of them.
            # Only the winner executes there: what accepts answers may itself be made of what dev shows.
            options = next(held_options(policy.options) for policy in study.policies.sale if policy.fit != "none")
            args = {"pool": POOL_FILE, "memory": "off", "embedder": study.embedder, **shared, **options}
            yield StudyStep(side=side, policy="auctions", solver="sale_inspect/sale", args=args, agents=tuple(agents))
    for policy in study.policies.sale:
        for order in range(study.orders if policy.memory != "off" else 1):
            yield _sale(study, policy, order, agents, shared)
    for router in study.policies.routers:
        file = router_file(router)
        args = {"pool": POOL_FILE, "router": file, **shared}
        yield StudyStep(
            side="test", policy=router, solver="sale_inspect/routed", args=args, needs=(file,), agents=tuple(agents)
        )


def _without_gate(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "auction"}


def _sale(
    study: StudyFile, policy: SalePolicy, order: int, agents: Sequence[str], shared: Mapping[str, Any]
) -> StudyStep:
    fitted = () if policy.fit == "none" else (weights_file(policy.fit),)
    scorer = () if policy.scorer is None else (router_file(policy.scorer),)
    args = {
        "pool": POOL_FILE,
        **({} if policy.memory == "run" else {"memory": policy.memory}),
        **({"weights": fitted[0]} if fitted else {}),
        "embedder": study.embedder,
        **shared,
        # The file of a calibrated fit says whether there is a gate.
        **(_without_gate(policy.options) if policy.fit == "calibrated" else policy.options),
        **({"accept": f"scorer:{scorer[0]}"} if scorer else {}),
    }
    return StudyStep(
        side="test", policy=policy.name, solver="sale_inspect/sale", args=args, order=order, needs=fitted + scorer,
        agents=tuple(agents),
    )  # fmt: skip


def evaluations(
    study: StudyFile,
    step: StudyStep,
    divided: Sequence[Divided],
    pool: Pool,
    hashes: Mapping[str, str],
) -> tuple[Evaluation, ...]:
    """The evaluations of a step, one a task.

    Args:
        study: The study.
        step: The step.
        divided: The samples of each task of the study.
        pool: The pool.
        hashes: sha256 by file of what dev gave; those that the step needs.

    Returns:
        Evaluations with at least one sample each.
    """
    made = []
    for number, (task, sides) in enumerate(zip(study.tasks, divided, strict=True)):
        samples = sides.dev if step.side == "dev" else sides.test
        if not samples:
            continue
        args = dict(task.args)
        if study.split.arg is not None:
            args[study.split.arg] = step.side
        if step.order:
            # Inspect shuffles no chosen samples, and a retry would not either: the task itself does.
            args[ORDER_ARGUMENT] = step.order
        entries = [pool.agent(name).model_dump(mode="json") for name in step.agents]
        decides = {
            "task": task.task,
            "task_args": args,
            "samples": [[str(each.id), each.digest] for each in samples],
            "solver": [step.solver, dict(step.args)],
            "agents": entries,
            "fitted": {name: hashes.get(name, "") for name in step.needs},
            "order": step.order,
            "epochs": study.epochs,
            "limits": study.limits.model_dump(),
            "sandbox": study.sandbox,
            "roles": study.roles,
        }
        key = hashlib.sha256(json.dumps(decides, sort_keys=True, default=str).encode("utf-8", "surrogatepass"))
        made.append(
            Evaluation(
                folder=f"{step.name}/task-{number}",
                task=task.task,
                task_args=args,
                sample_ids=tuple(each.id for each in samples),
                solver=step.solver,
                solver_args=step.args,
                epochs=study.epochs,
                limits=study.limits.model_dump(exclude_none=True),
                sandbox=study.sandbox,
                max_samples=study.max_samples,
                roles=study.roles,
                metadata={
                    "study": study.name,
                    "study_policy": step.policy,
                    "study_key": key.hexdigest()[:16],
                    "order_seed": step.order,
                },
                tags=("study", step.side),
                key=key.hexdigest()[:16],
                watched=not pool.simulated,
            )
        )
    return tuple(made)
