"""A study file to begin with: commented, and valid as it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass

__all__ = ["Starter", "starter_text"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Starter:
    """What is known when a study file is begun.

    Attributes:
        name: Name of the study.
        pool: Pool file or packaged pool.
        task: The task, as `inspect eval` takes it.
        keep_pass: Share of the best single agent's pass@1 to keep; None for none.
        budget: Most dollars a task; None for none.
        worth: Dollars that a solved task is worth; None for none.
        cap: Most dollars for all of it; None for no cap.
        dev_share: Share of the samples for dev.
        routers: Routers to compare.
    """

    name: str
    pool: str
    task: str
    keep_pass: float | None = 0.99
    budget: float | None = None
    worth: float | None = None
    cap: float | None = None
    dev_share: float = 0.4
    routers: tuple[str, ...] = ("wtp-knn", "carrot-knn")


def starter_text(starter: Starter) -> str:
    """The text of the file."""
    goals = {"keep_pass": starter.keep_pass, "budget": starter.budget, "worth": starter.worth}
    wanted = next(((name, value) for name, value in goals.items() if value is not None), None)
    ours = starter.task.startswith("sale_inspect/")
    split = "  arg: split                # hst tasks have an argument `split`" if ours else (
        f"  dev_share: {starter.dev_share:g}    # drawn by a hash of what is asked\n"
        "  seed: 0\n"
        "  # most_dev: 100           # at most so many samples of a task\n"
        "  # most_test: 150"
    )  # fmt: skip
    cap = f"cap: {starter.cap:g}" if starter.cap is not None else "# cap: 5.00"
    goal = f"goal:\n  {wanted[0]}: {wanted[1]:g}" if wanted else "# goal: {keep_pass: 0.99}"
    return f"""\
# A study: which policy should do these tasks?  Run it with: sale-inspect study THIS_FILE
# Schema for editors: sale-inspect study schema
name: {_quoted(starter.name)}

pool: {_quoted(starter.pool)}    # a pool file beside this one, or a packaged pool; it has the agents and their prices

tasks:                      # any Inspect tasks, as `inspect eval` takes them
  - task: {_quoted(starter.task)}
    args: {{}}                # as with -T

split:                      # dev: things are fitted and chosen; test: they are reported. Never both.
{split}

policies:                   # every agent alone always runs; oracle and mixes of agents need no run
  sale:
    - {{name: sale}}                             # the paper's: uniform weights, refinement from memory
    - {{name: sale-calibrated, fit: calibrated}}  # ours: forecasts fitted on dev, and auctions only where they pay
  routers: [{", ".join(starter.routers)}]

harness:                    # what executes, the same for all policies
  execute: {"agent" if ours else "task"}             # the task's own solver, or `agent`: Inspect's react

# What is wanted, one of: keep_pass (share of the best single agent's pass@1, for the fewest dollars),
# budget (most dollars a task), worth (dollars that a solved task is worth).
{goal}

# Most dollars for the whole study. It stops cleanly there, and goes on when the number is raised.
{cap}

epochs: 1
orders: 1                   # for auctions with memory: orders of the test samples
max_samples: 10             # samples at once
# speed: 40                 # output tokens a second of a call; only the forecast's hours before dev rest on it
# sandbox: docker           # in place of the tasks' own
# limits: {{message_limit: 40, token_limit: 200000, time_limit: 1800}}
"""


def _quoted(text: str) -> str:
    """A YAML scalar; JSON's form of a text is one."""
    return json.dumps(text, ensure_ascii=False)
