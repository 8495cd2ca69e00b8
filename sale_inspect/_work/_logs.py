"""How commands read logs: one set of options, one way from them to runs."""

# Annotations are evaluated here, not later: classes of other modules inherit these fields, and a reader of annotations
# would look for their names there.

from collections.abc import Iterable
from dataclasses import dataclass, fields

from sale_inspect._machines import engine_of
from sale_inspect._work._places import Places, listed
from sale_inspect._work._progress import Progress, silent
from sale_inspect.outcomes import OnDuplicate, read_price_list
from sale_inspect.runs import ReadOptions, Runs, parse_score

__all__ = ["ComparedLogsRequest", "LogsRequest", "read_logs", "read_options", "set_options"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LogsRequest:
    """How logs are read. Every job that reads logs has these.

    Attributes:
        scores: Scores that say what is solved: `NAME`, `NAME.KEY`, or either with `>=X`; the first that a sample has
            counts. Empty: `pass_and_cost`, the task's headline score, or the only one.
        agent_from: What names an agent: `model`, `solver`, `log_dir`, `task_arg:NAME`, `solver_arg:NAME`,
            `model_arg:NAME`, `config:NAME` or `metadata:NAME`. Empty: the agent of `single`, else the model, with what
            differs.
        policy_from: What tells runs of SALE or of one router apart; it is added to the name. Empty: nothing.
        prices: Prices of calls without dollars: a YAML file or a packaged pool.
        reprice: Prices of all calls, in place of their dollars: a YAML file or a packaged pool.
        on_duplicate: The same policy, task and epoch in two evaluations: `error`, `last` (the later one) or `mean`.
        exclude: What to leave out although it was run: `unpriced`, `unfinished`, `other-pools`, `other-prices`,
            `other-versions`, `other-sets`, `other-texts`, `no-tau`.
        cache: Keep what was read in the user's cache, and take it from there.
        processes: Processes that read logs. With more than one, a script must call this under
            `if __name__ == "__main__":`, as its main module is imported again.
        ray: A Ray whose machines read them, which must see the logs under the same names: `local`, `auto` or HOST:PORT
            of its head; empty for this machine.
    """

    scores: tuple[str, ...] = ()
    agent_from: str = ""
    policy_from: str = ""
    prices: str | None = None
    reprice: str | None = None
    on_duplicate: OnDuplicate = "error"
    exclude: tuple[str, ...] = ()
    cache: bool = True
    processes: int = 1
    ray: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedLogsRequest(LogsRequest):
    """How logs are read whose policies are compared task by task.

    Attributes:
        keep: What to keep although it is unlike: `no-tau`, `unpriced`.
        common_tasks: Compare on the tasks that every policy has.
    """

    keep: tuple[str, ...] = ()
    common_tasks: bool = False


def read_options(request: LogsRequest, *, line_up: bool, need_tau: bool = False) -> ReadOptions:
    """The request as the core has it.

    Args:
        request: The request.
        line_up: Whether policies must have the same tasks.
        need_tau: Whether a run without a human time, among others with one, is a fault.

    Raises:
        LogError: If a score is none.
        OutcomesError: If prices cannot be read.
    """
    compared = request if isinstance(request, ComparedLogsRequest) else ComparedLogsRequest()
    return ReadOptions(
        scores=tuple(map(parse_score, request.scores)),
        agent_from=request.agent_from,
        policy_from=request.policy_from,
        prices=None if request.prices is None else read_price_list(request.prices),
        reprice=None if request.reprice is None else read_price_list(request.reprice),
        on_duplicate=request.on_duplicate,
        exclude=_words(request.exclude),
        keep=_words(compared.keep),
        common_tasks=compared.common_tasks,
        line_up=line_up,
        need_tau=need_tau,
    )


def read_logs(places: Places, request: LogsRequest, *, line_up: bool, progress: Progress = silent) -> Runs:
    """The runs in logs.

    Args:
        places: Log files and folders of them, as Inspect names them, or `NAME=PLACE` to name the policy there.
        request: How they are read.
        line_up: Whether policies must have the same tasks.
        progress: Is told what is being done.

    Raises:
        LogError: If a place holds no log, a log cannot be read, a choice must be made, or logs do not line up.
        UnpricedAgentError: If a run has neither dollars nor a price.
    """
    # Requests are made, and plans from a pool, without waiting for Inspect's import.
    from sale_inspect._inspect.logs import read_runs

    options = read_options(request, line_up=line_up)
    progress("reading logs", 0, None)
    with engine_of(request.ray, request.processes) as engine:
        return read_runs(
            listed(places),
            options,
            on_log=lambda done, total: progress("reading logs", done, total),
            cache=request.cache,
            engine=engine,
        )


def set_options(request: LogsRequest) -> list[str]:
    """Options of reading logs that are not at their defaults, as the command line has them."""
    flags = {"scores": "--score", "cache": "--no-cache"}
    of_logs = fields(ComparedLogsRequest if isinstance(request, ComparedLogsRequest) else LogsRequest)
    return [
        flags.get(each.name, f"--{each.name.replace('_', '-')}")
        for each in of_logs
        if each.name != "processes" and getattr(request, each.name) != each.default
    ]


def _words(several: Iterable[str]) -> tuple[str, ...]:
    """Each word; one text may hold several, with commas."""
    return tuple(word.strip() for each in several for word in each.split(",") if word.strip())
