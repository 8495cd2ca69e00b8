"""The options of an auction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from sale_inspect._errors import OptionError
from sale_inspect.auction import (
    DEFENCES,
    TERMS,
    Defence,
    Gating,
    JudgeChoice,
    JuryMode,
    RefinedRule,
    Switches,
    Term,
    Winning,
)
from sale_inspect.bench import names
from sale_inspect.options._escalation import Accept, AcceptAt, Escalate, ScoreSteps, check_escalation
from sale_inspect.options._learning import Explore, Learn, check_learning
from sale_inspect.options._option import Names, Option, Recorded, above, at_least, between, members, sorted_names
from sale_inspect.options._presets import PRESET_DEFAULTS, Fitted, Preset, fitted_kind, preset_values
from sale_inspect.options._shared import (
    REACT,
    AgentArguments,
    CheckServers,
    Execution,
    Executor,
    PoolName,
    Seed,
    SeveralRight,
    Tools,
)
from sale_inspect.options._table import Options
from sale_inspect.pools import Pool

__all__ = ["SaleOptions"]


def _judges_kept(judges: Names) -> str:
    return ",".join(names(judges) or ())


def _memory_told(memory: str | bool) -> str:
    if isinstance(memory, bool):
        return "" if memory else "no memory"
    if memory.startswith(("postgresql://", "postgres://")):
        # Its address may have a user; what tells memories of one server apart is the last part.
        return f"memory {memory.rpartition('/')[2]}"
    return "no memory" if memory == "off" else f"memory {PurePath(memory).stem}"


def _weights_told(weights: str | None) -> str:
    stem = PurePath(weights or "").stem
    return "fitted weights" if stem == "weights" else f"weights {stem}" if stem else ""


def _prompts_told(prompts: str | None) -> str:
    return f"prompts {PurePath(prompts).name}" if prompts else ""


def _plan_told(plan: str) -> str:
    return "winner without its plan" if plan == "none" else ""


def _with_quote(defences: Names) -> tuple[str, ...]:
    """The defences that are on: those that are named, and `quote` always."""
    return tuple(sorted({"quote", *sorted_names(defences)}))


def _defences_told(defences: Names) -> str:
    return f"defences {' and '.join(_with_quote(defences))}"


def _some_judge(name: str, value: Names) -> None:
    if not sorted_names(value):
        raise OptionError(f"{name}: name at least one, or use drop=jury for no jury.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleOptions(Options):
    """The options of the solver `sale`, and of all that holds an auction.

    To add one, add a field. The solver, the agent, their file forms, their help, the record, the names of policies and
    the docs' table (`python tools/options.py --write`) take it from here; what holds the auction reads it as an
    attribute.
    """

    preset_defaults: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESET_DEFAULTS

    pool: PoolName = field(default=None, kw_only=False)
    preset: Annotated[
        Preset | None,
        Option(
            "`paper` (the source's mechanism to the letter) or `ours` (with what this project adds): the values of "
            "the options that are not set. Without it `paper`.",
            told="preset {}",
            recorded=Recorded(),
        ),
    ] = None
    jury: Annotated[
        JuryMode,
        Option(
            "`individual` (one call for each judge and plan, the paper's) or `panel` (one call a judge, who rates all "
            "plans, without names and in drawn order).",
            told="{} jury",
            recorded=Recorded(field="jury_mode"),
        ),
    ] = "individual"
    judges: Annotated[
        Names,
        Option(
            "`all` rate every plan (the paper's), `peers` all but the bidder, `self` the bidder alone, or names of "
            "agents.",
            check=_some_judge,
            told="judges {}",
            recorded=Recorded(field="judges", form=_judges_kept),
        ),
    ] = "all"
    drop: Annotated[
        Names,
        Option(
            "Terms to turn off: `price`, `length`, `entropy`, `jury`, `refinement`.",
            check=members("term", TERMS),
            told="without {}",
            recorded=Recorded(field="drop", form=sorted_names),
        ),
    ] = None
    without: Annotated[
        Names,
        Option(
            "Agents of the pool to leave out, as bidders and as judges.",
            told="without {}",
            recorded=Recorded(form=sorted_names),
        ),
    ] = None
    memory: Annotated[
        str | bool,
        Option(
            "`run` (the auctions of this run so far), `off`, a file that keeps the auctions of many runs, or "
            "`postgresql://HOST/DATABASE` for a run in many processes; see `sale-inspect memory`.",
            told=_memory_told,
        ),
    ] = "run"
    frozen: Annotated[
        bool,
        Option(
            "Only read the memory file; all of it is seen, and samples need not wait for each other.",
            told="frozen memory",
        ),
    ] = False
    memory_required: Annotated[
        bool,
        Option(
            "If the memory's file cannot be used, for instance on a full disk: end the run with that error, or (false) "
            "go on with what this process remembers, and say so in the log and the record."
        ),
    ] = True
    memory_wait: Annotated[
        float,
        Option(
            "A sample waits for the auctions before it; after this many seconds in which nothing happens in the run, "
            "it ends with an error that names them.",
            check=above(0),
        ),
    ] = 3600.0
    memory_lag: Annotated[
        int,
        Option(
            "A sample sees the auctions at least this many places before it (1: strictly sequential, the paper's).",
            check=at_least(1),
            told="memory lag {}",
            recorded=Recorded(),
        ),
    ] = 1
    memory_own: Annotated[
        bool,
        Option(
            "Also show a task the auctions of earlier runs in the memory file on this very task. They are left out by "
            "default, and the record says how many.",
            told="own past auctions",
            recorded=Recorded(),
        ),
    ] = False
    memory_ceiling: Annotated[
        float | None,
        Option(
            "Past auctions on tasks more alike than this (cosine similarity of the texts) are left out of what the "
            "memory shows, so that no task is answered by its twin; the record says how many. 1: none is left out.",
            check=between(0, 1),
            told="memory ceiling {}",
            recorded=Recorded(),
        ),
    ] = None
    refined: Annotated[
        RefinedRule | None,
        Option(
            "What a refined plan is scored by: its own ratings (`paper`), or for each judge the `mean` of its ratings "
            "of the agent's first and refined plans (ours), which takes half of the luck out of a second draw.",
            told="refined by {}",
            recorded=Recorded(),
        ),
    ] = None
    prefer: Annotated[
        float | None,
        Option(
            "How much a more expensive agent is trusted before there is evidence, from 0 (not at all, the paper's) to "
            "1: this much is added to the value of the most expensive agent's bids, nothing to the cheapest's, equal "
            "steps between. 0 beside a weights file.",
            check=between(0, 1),
            told="prefer {}",
            recorded=Recorded(),
        ),
    ] = None
    winning: Annotated[
        Winning,
        Option(
            "What makes a past plan a winning one: `auction` (it won) or `outcome` (it won and solved its task).",
            told="winning by {}",
            recorded=Recorded(field="winning"),
        ),
    ] = "auction"
    neighbours: Annotated[
        int,
        Option(
            "Past auctions to retrieve for a refinement (paper: 8).",
            check=at_least(1),
            told="{} neighbours",
            recorded=Recorded(),
        ),
    ] = 8
    strategy_tokens: Annotated[
        int,
        Option(
            "Cap of a plan, in tokens of one tokenizer for all agents; a plan that reaches it counts as cut.",
            check=at_least(1),
            told="plans of {} tokens",
            recorded=Recorded(field="strategy_tokens"),
        ),
    ] = 300
    weights: Annotated[
        str | None,
        Option(
            "File of `sale-inspect fit`: weights of the score, or a calibrated auction (`.npz`), which brings "
            "`preset=ours`. Uniform weights without it.",
            told=_weights_told,
        ),
    ] = None
    auction: Annotated[
        Gating | None,
        Option(
            "`always` holds an auction for every task; `auto` only where it can pay for itself, which needs a "
            "calibrated file. Beside one, not set, it is `always` with `preset=paper`, else as the file was fitted.",
            told="auction {}",
            recorded=Recorded(),
        ),
    ] = None
    learn: Learn = None
    explore: Explore = None
    defences: Annotated[
        Names,
        Option(
            "What is on against strategic bids, of `anonymous`, `normalise`, `checks`, beside `quote`, always on.",
            check=members("defence", DEFENCES),
            told=_defences_told,
            recorded=Recorded(field="defences", form=_with_quote),
        ),
    ] = "quote,anonymous"
    prompts: Annotated[
        str | None,
        Option(
            "Folder of prompts of your own (`bid.md`, `jury.md` and so on) with the fields of the package's; those "
            "that it lacks are the package's. The record keeps the hash of each.",
            told=_prompts_told,
        ),
    ] = None
    plan: Annotated[
        Literal["own", "none"] | None,
        Option(
            "What the winner works with: its `own` plan (the paper's) or `none`, the task alone. Not set beside a "
            "calibrated file, it is `none` with `preset=ours`.",
            told=_plan_told,
            recorded=Recorded(),
        ),
    ] = None
    escalate: Escalate = 0
    accept: Accept = None
    accept_at: AcceptAt = None
    score_steps: ScoreSteps = False
    agent: Executor = REACT
    agent_args: AgentArguments = None
    execute: Execution = "agent"
    several_right: SeveralRight = False
    tools: Tools = None
    embedder: Annotated[str, Option("Embedding of the memory's tasks: `auto`, `minilm` or `hashing`.")] = "auto"
    call_timeout: Annotated[
        float,
        Option(
            "Seconds for one bid or rating, retries included; after that it is dropped.",
            check=above(0),
            recorded=Recorded(),
        ),
    ] = 300.0
    seed: Seed = 0
    check: CheckServers = True

    def check_together(self) -> None:
        """The rules between options.

        Raises:
            OptionError: If one has no effect beside the others, or one is missing.
        """
        jury = "jury" not in sorted_names(self.drop)
        check_escalation(self.escalate, self.accept, self.accept_at, jury, self.score_steps)
        check_learning(self.learn, self.explore, self.memory, self.frozen)

    @property
    def active_defences(self) -> frozenset[Defence]:
        """The defences that are on."""
        return frozenset(cast("tuple[Defence, ...]", _with_quote(self.defences)))

    @property
    def switches(self) -> Switches:
        """The mechanism's variant."""
        values = {name: getattr(self.settled(), name) for name in ("refined", "prefer")}
        return Switches(
            drop=frozenset(cast("tuple[Term, ...]", sorted_names(self.drop))),
            judges=self._judge_choice,
            normalise="normalise" in self.active_defences,
            refined=cast(RefinedRule, values["refined"]),
            prefer=float(values["prefer"]),
        )

    def settled(self, brought: Preset | None = None) -> Self:
        """The options with the preset's value for each that is not set.

        Args:
            brought: The preset that a weights file brings; it counts if none is set.
        """
        preset = self.preset or brought or "paper"
        # Only a calibrated file brings a preset, whatever it is called.
        fitted = "calibrated" if brought is not None else fitted_kind(self.weights)
        return replace(self, preset=preset, **self._unset_of(preset, fitted))

    def _unset_of(self, preset: Preset, fitted: Fitted) -> dict[str, Any]:
        values = preset_values(preset, fitted=fitted)
        return {name: value for name, value in values.items() if getattr(self, name) is None}

    @classmethod
    def values_of_unset(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """What options are that are not among the given ones, where their preset decides it."""
        preset: Preset = "ours" if given.get("preset") == "ours" else "paper"
        weights = given.get("weights")
        kind = fitted_kind(None if weights is None else str(weights))
        return {"preset": "paper", **preset_values(preset, fitted=kind)}

    @property
    def _judge_choice(self) -> JudgeChoice:
        match tuple(names(self.judges) or ()):
            case (("all" | "peers" | "self") as choice,):
                return cast(JudgeChoice, choice)
            case chosen:
                return chosen

    def pool_of(self, pool: Pool) -> Pool:
        """The pool without the agents that are left out.

        Raises:
            OptionError: If one of them, or a judge, is not in the pool.
        """
        left_out = sorted_names(self.without)
        for name in left_out:
            if name not in pool.names:
                raise OptionError(f"without: {name!r} is not in the pool ({', '.join(pool.names)}).")
        kept = pool.model_copy(update={"agents": tuple(agent for agent in pool.agents if agent.name not in left_out)})
        if not isinstance(self._judge_choice, str):
            for name in self._judge_choice:
                if name not in kept.names:
                    raise OptionError(
                        f"judges: {name!r} is neither all, peers or self nor an agent of the pool "
                        f"({', '.join(kept.names)})."
                    )
        return kept
