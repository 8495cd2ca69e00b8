"""The console script `sale-inspect`. Commands are imported when they are called."""

from __future__ import annotations

import gc
import importlib

import click

from sale_inspect._cli._group import SentenceGroup
from sale_inspect._version import __version__

__all__ = ["main"]

_COMMANDS = {
    "ablate": "Decide recorded auctions again without a term, a rating, a judge or an agent.",
    "bench": "Build HST-BENCH from its sources' files, check a build, show what is there.",
    "demo": "A small study with simulated agents, from dev tasks to a decision.",
    "doctor": "Check what a run needs: Docker, model servers, prices, data.",
    "fit": "Fit the weights of the score to the auctions in evaluation logs of a dev set.",
    "memory": "Look into an auction memory, search it, bound its size, carry it elsewhere.",
    "outcomes": "Gather what agents did on tasks, from logs and tables, for train and replay.",
    "plan": "State calls, tokens and dollars of a run by phase and agent, before anything is spent.",
    "replay": "Evaluate routers offline on recorded outcomes: what routing would have solved and saved.",
    "report": "Write a page with tables, figures and statistics on what policies solved and spent.",
    "serve": "Answer OpenAI's clients: a server that routes each request among a pool's agents.",
    "simulate": "How the mechanism answers to its surroundings, in simulated markets.",
    "study": "From one file to a decision: run, fit, test and decide which policy to use.",
    "table": "Show what the policies in evaluation logs solved and spent.",
    "train": "Train a router on recorded outcomes, with nested cross-validation, and write its file.",
    "times": "Measure how long people take for tasks, and turn that into human times.",
}
_COLLECT_AFTER = (50_000, 20, 20)


class _LazyGroup(SentenceGroup):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"sale_inspect._cli._{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        # Python walks over all objects after each 700 new ones, and the libraries' are a million: a sixth of the
        # processor time of a study of simulated agents went there. What a command makes is small beside them.
        gc.set_threshold(*_COLLECT_AFTER)
        return command

    def sentences(self, ctx: click.Context) -> list[tuple[str, str]]:
        # Without loading them.
        return sorted(_COMMANDS.items())


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sale-inspect")
def main() -> None:
    """Decide which model agent should do which task, and prove it.

    Evaluations run through Inspect itself, for instance:

    \b
      inspect eval sale_inspect/hst_coding --solver sale_inspect/sale -S pool=sim
      inspect view
    """  # noqa: D301 - click reads \b
