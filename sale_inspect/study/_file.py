"""The schema of a study file: which tasks, which policies, what is wanted, and how much it may cost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sale_inspect.options import RoutedOptions, SaleOptions, accept_parts, build
from sale_inspect.routers import ROUTERS, router_kind

__all__ = [
    "ORDER_ARGUMENT",
    "Fit",
    "SalePolicy",
    "SampleId",
    "StudyFile",
    "StudyGoal",
    "StudyHarness",
    "StudyLimits",
    "StudyPolicies",
    "StudySplit",
    "StudyTask",
    "held_options",
]

Fit = Literal["none", "minmax", "outcome", "calibrated"]
"""What an auction may have been fitted with on dev tasks; see `sale-inspect fit --objective`."""

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,60}$"
PolicyName = Annotated[str, Field(pattern=_NAME)]
SampleId = str | int

_OURS = ("pool", "weights", "memory", "frozen", "check", "agent", "agent_args", "execute", "tools", "several_right")
"""Options of an auction that the study file says elsewhere, or that the study sets."""


_AFTER_BIDS = frozenset({"auction", "escalate", "accept", "accept_at"})

ORDER_ARGUMENT = "order_seed"
"""Argument of a task by which it shuffles its samples, as those of the benchmark have it; null for their own order."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class StudyTask(_Strict):
    """One Inspect task.

    Attributes:
        task: As `inspect eval` takes it: `file.py@name`, `file.py`, or `package/name`.
        args: Its arguments, as with `-T`. Files in them are named from the study's folder.
        most_dev: At most so many dev samples of this task, in place of `split.most_dev`.
        most_test: The same of test samples.
    """

    task: str = Field(min_length=1)
    args: dict[str, Any] = Field(default_factory=dict)
    most_dev: int | None = Field(default=None, ge=1)
    most_test: int | None = Field(default=None, ge=1)


class StudySplit(_Strict):
    """How dev tasks, on which things are fitted and chosen, and test tasks, which are reported, are told apart.

    Exactly one of three ways: `dev_share`, `arg`, or `dev` and `test`. Samples with the same text stand on one side
    always, whatever their ids.

    Attributes:
        dev_share: Share of the samples for dev, in (0, 1), drawn by a hash of their texts and the seed.
        seed: Of that draw.
        arg: A task argument whose values are `dev` and `test`, as `split` of HST-BENCH.
        dev: Ids of the dev samples.
        test: Ids of the test samples.
        most_dev: At most so many dev samples a task, the first by a hash of their texts; None for all.
        most_test: The same of test samples.
    """

    dev_share: float | None = Field(default=None, gt=0, lt=1)
    seed: int = Field(default=0, ge=0)
    arg: str | None = Field(default=None, min_length=1)
    dev: tuple[SampleId, ...] | None = None
    test: tuple[SampleId, ...] | None = None
    most_dev: int | None = Field(default=None, ge=1)
    most_test: int | None = Field(default=None, ge=1)

    def of(self, task: StudyTask) -> StudySplit:
        """How one task is divided."""
        own = {"most_dev": task.most_dev, "most_test": task.most_test}
        return self.model_copy(update={name: value for name, value in own.items() if value is not None})

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        by_ids = self.dev is not None or self.test is not None
        ways = [self.dev_share is not None, self.arg is not None, by_ids]
        if sum(ways) != 1:
            raise ValueError("give exactly one of dev_share, arg, or dev and test with sample ids")
        if by_ids and not (self.dev and self.test):
            raise ValueError("dev and test need sample ids each")
        if self.seed and self.dev_share is None:
            raise ValueError("seed is that of dev_share, which is not given")
        return self


class StudyHarness(_Strict):
    """What executes, the same for every policy; the options of the solvers of these names.

    Attributes:
        execute: `task` for the task's own solver with the chosen model, `agent` for an Inspect agent in its place.
        agent: Which agent; `react` or any registered one.
        agent_args: Its arguments.
        tools: Registered tools to add to the task's own.
        several_right: Tell the agents that several choices may be right.
    """

    execute: Literal["agent", "task"] = "agent"
    agent: str = "react"
    agent_args: dict[str, Any] | None = None
    tools: tuple[str, ...] | None = None
    several_right: bool = False

    def arguments(self) -> dict[str, Any]:
        """The options that are not at their defaults, for a solver."""
        given = self.model_dump(mode="json", exclude_defaults=True)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}


class SalePolicy(_Strict):
    """One variant of the auction.

    Attributes:
        name: Its name in tables.
        fit: What it is fitted with on dev tasks: `none` for uniform weights; `minmax` or `outcome` for weights; or
            `calibrated` for forecasts of success and dollars, with a gate unless `options` have `auction: always`.
        memory: `run` to refine with the auctions so far, kept by this process; `postgresql://HOST/DATABASE` for the
            same among many processes; or `off`. A calibrated auction does not refine: `off`.
        options: Other options of `sale_inspect/sale`, by name. With `escalate`, `accept: scorer:NAME` names a router of
            the study whose answer scorer accepts answers, for instance `scorer:frugalgpt`.
    """

    name: PolicyName
    fit: Fit = "none"
    memory: str = "run"
    options: dict[str, Any] = Field(default_factory=dict)

    @property
    def scorer(self) -> str | None:
        """The router of the study whose answer scorer accepts answers; None if none does."""
        kind, name = accept_parts(str(self.options.get("accept") or ""))
        return name.strip() if kind == "scorer" else None

    @model_validator(mode="before")
    @classmethod
    def _calibrated(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("fit") != "calibrated":
            return data
        if data.get("memory", "off") not in ("off", False):
            raise ValueError("memory: a calibrated auction does not refine, so it looks at no memory. Leave it out")
        return {**data, "memory": "off"}

    @field_validator("memory", mode="before")
    @classmethod
    def _where(cls, value: object) -> object:
        # YAML reads a bare `off` as a truth value.
        word = "off" if value is False else value
        if word in ("run", "off"):
            return word
        if not isinstance(word, str) or not re.match(r"postgres(ql)?://", word):
            raise ValueError("must be run, off or postgresql://HOST/DATABASE")
        if word.partition("://")[2].rpartition("@")[0].partition(":")[2]:
            raise ValueError("a password stands in the environment (PGPASSWORD), never in a study file")
        return word

    @field_validator("options")
    @classmethod
    def _known(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if name in _OURS:
                raise ValueError(f"{name} is not given here: the study sets it, or `harness`, `fit` or `memory` does")
        if value.get("learn") is not None:
            raise ValueError("learn is not for studies: what dev taught is frozen before test. Leave it out")
        try:
            build(SaleOptions, "sale_inspect/sale", (), value)
        except Exception as error:
            raise ValueError(str(error).rstrip(".")) from error
        return value


def held_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that say how bids and ratings come about: not the gate's, nor what happens after the choice."""
    return {name: value for name, value in options.items() if name not in _AFTER_BIDS}


class StudyPolicies(_Strict):
    """What is compared with each agent of the pool alone, which always runs.

    Attributes:
        sale: Auctions.
        routers: Routers of `sale-inspect train`, trained on dev tasks.
    """

    sale: tuple[SalePolicy, ...] = ()
    routers: tuple[str, ...] = ()

    @field_validator("routers")
    @classmethod
    def _kinds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in ROUTERS:
                raise ValueError(f"there is no router {name!r}. There are: {', '.join(ROUTERS)}")
        return value

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        for policy in self.sale:
            if policy.name.endswith("-alone"):
                raise ValueError(f"{policy.name!r}: a name that ends with -alone is that of an agent that runs alone")
        fitted = [policy for policy in self.sale if policy.fit != "none"]
        if any(held_options(policy.options) != held_options(fitted[0].options) for policy in fitted):
            raise ValueError(
                "auctions with a `fit` must have the same `options`, but for those of escalation: the dev auctions "
                "that they are fitted on are held once"
            )
        for policy in self.sale:
            if (name := policy.scorer) is not None and not (name in self.routers and router_kind(name).cascade):
                raise ValueError(
                    f"{policy.name}: accept: scorer:{name} must name a router of this study that scores answers, for "
                    "its file is made on dev. Write `accept: scorer:frugalgpt` and add frugalgpt to `routers`"
                )
        names = [policy.name for policy in self.sale] + list(self.routers)
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two policies are called {name!r}; names must be unique")
        return self


class StudyGoal(_Strict):
    """What the decision is to reach. At most one; without any, the most tasks solved and then the fewest dollars.

    Attributes:
        keep_pass: Share of the best single agent's pass@1 to keep, for the fewest dollars, in (0, 1].
        budget: Most dollars a task, for the highest pass@1.
        worth: Dollars that a solved task is worth.
    """

    keep_pass: float | None = Field(default=None, gt=0, le=1)
    budget: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    worth: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.keep_pass, self.budget, self.worth)) > 1:
            raise ValueError("give one of keep_pass, budget and worth")
        return self


class StudyLimits(_Strict):
    """Limits of a sample, as Inspect's options of these names; None leaves the task's own."""

    message_limit: int | None = Field(default=None, ge=1)
    token_limit: int | None = Field(default=None, ge=1)
    time_limit: int | None = Field(default=None, ge=1)


class StudyFile(_Strict):
    """A study: agents of a pool, alone and chosen by auctions and routers, on dev and on test tasks.

    Attributes:
        name: Name of the study.
        pool: Pool file, from the study file's folder, or a packaged pool.
        tasks: The tasks.
        split: How they are divided.
        policies: What is compared.
        harness: What executes.
        goal: What is wanted.
        cap: Most dollars for all of it; None for no cap.
        epochs: Runs of each sample.
        orders: For auctions with memory: how many orders of the test samples.
        limits: Of a sample.
        sandbox: Sandbox in place of the tasks' own, as `inspect eval --sandbox`; None leaves theirs.
        max_samples: Samples at once.
        speed: Output tokens a second of one call, for the hours that are forecast before dev has shown them.
        failed: Samples of one evaluation that may lack in the end, for instance since their task is broken.
        logs: Folder of the logs, from the study's folder, or an address as `s3://bucket/folder`.
        roles: Models of the tasks' own roles, for instance `grader`, as `inspect eval --model-role`. Their dollars are
            not the agents' and are in no figure.
        embedder: Of memory and routers: `auto`, `minilm` or `hashing`.
    """

    name: str = Field(min_length=1, max_length=120)
    pool: str = Field(min_length=1)
    tasks: tuple[StudyTask, ...] = Field(min_length=1)
    split: StudySplit
    policies: StudyPolicies = StudyPolicies()
    harness: StudyHarness = StudyHarness()
    goal: StudyGoal = StudyGoal()
    cap: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    epochs: int = Field(default=1, ge=1)
    orders: int = Field(default=1, ge=1)
    limits: StudyLimits = StudyLimits()
    sandbox: str | None = None
    max_samples: int = Field(default=10, ge=1)
    speed: float = Field(default=40.0, gt=0, allow_inf_nan=False)
    failed: int = Field(default=0, ge=0)
    logs: str = Field(default="logs", min_length=1)
    roles: dict[str, str] = Field(default_factory=dict)
    embedder: Literal["auto", "minilm", "hashing"] = "auto"

    @model_validator(mode="after")
    def _has_effect(self) -> Self:
        try:
            build(RoutedOptions, "sale_inspect/routed", ("random",), self.harness.arguments())
        except Exception as error:
            raise ValueError(f"harness: {str(error).rstrip('.')}") from error
        if self.harness.execute == "task" and (self.harness.agent_args or self.harness.agent != "react"):
            raise ValueError("harness: with execute: task no agent executes; leave agent and agent_args out")
        if self.orders > 1 and all(policy.memory == "off" for policy in self.policies.sale):
            raise ValueError("orders: only auctions with memory depend on the order of samples, and there is none")
        for task in self.tasks:
            if self.orders > 1 and ORDER_ARGUMENT not in task.args:
                raise ValueError(
                    f"orders: {task.task} must shuffle its samples itself, by its argument {ORDER_ARGUMENT} (Inspect "
                    f"shuffles no chosen samples). If it has that argument, write `args: {{{ORDER_ARGUMENT}: null}}`; "
                    "if not, `orders: 1`"
                )
        return self
