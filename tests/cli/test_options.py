"""The options that commands share are one thing each, and every help can be read in a terminal of 80 columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from sale_inspect._cli import main


def walked(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from walked(inner, (*path, name))


COMMANDS = dict(walked(main))
LEAVES = {path: command for path, command in COMMANDS.items() if not isinstance(command, click.Group)}


def definition(option: click.Option) -> dict[str, object]:
    """All that a user can notice of an option, but whether a command needs it."""
    told = option.to_info_dict()
    return {**{name: value for name, value in told.items() if name != "required"}, "callback": option.callback}


def test_an_option_of_two_commands_is_one_thing() -> None:
    found: dict[str, dict[str, dict[str, object]]] = defaultdict(dict)
    for path, command in LEAVES.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                for flag in (*parameter.opts, *parameter.secondary_opts):
                    found[flag][" ".join(path)] = definition(parameter)
    shared = {flag: whose for flag, whose in found.items() if len(whose) > 1}
    assert {"--seed", "--json", "--markdown", "-o", "--embedder", "--confidence", "--keep-pass", "--prices"} <= {
        *shared
    }
    for flag, whose in shared.items():
        first, *others = whose
        for other in others:
            assert whose[other] == whose[first], f"{flag} of {first} and of {other}"


def test_confidence_has_one_default() -> None:
    defaults = {
        path: parameter.default
        for path, command in LEAVES.items()
        for parameter in command.params
        if parameter.name == "confidence"
    }
    assert set(defaults) == {("fit",), ("train",), ("replay",)} and set(defaults.values()) == {0.95}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_help_is_sentences_in_80_columns(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    # click leaves two columns of a terminal free; without one, as here, it fills the 80.
    shown = CliRunner().invoke(main, [*path, "--help"])
    assert shown.exit_code == 0
    wide = [line for line in shown.output.splitlines() if len(line) > 80]
    assert not wide
    assert "..." not in shown.output.partition("Commands:")[2], "a short help is cut"
    assert command.help is not None
    assert command.help.split("\n\n")[0].rstrip().endswith((".", ":"))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert (parameter.help or "").endswith("."), f"{path} {parameter.opts}: {parameter.help}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fit", "logs", "--folds", "7"), "--folds needs --objective outcome"),
        (("fit", "logs", "--objective", "minmax", "--seed", "3"), "--seed needs --objective outcome"),
        (("fit", "logs", "--objective", "outcome", "--confidence", "0.9"), "--confidence is that of --keep-pass"),
        (("train", "dev.parquet", "-o", "routers", "--confidence", "0.9"), "--confidence is that of --budget"),
        (("replay", "test.parquet", "--unseen"), "--unseen leaves out tasks of the --train table"),
        (("plan", "--tasks", "10"), "Give --like LOGS of a few tasks, or --pool"),
        (("plan", "--tasks", "10", "--like", "few", "--pool", "sim"), "not both"),
        (("plan", "--tasks", "10", "--like", "few", "--trace-calls", "3"), "are for --pool"),
        (("plan", "--tasks", "10", "--pool", "sim", "--seed", "3"), "--seed is that of the bootstrap"),
        (("plan", "--tasks", "10", "--tasks", "20", "--pool", "sim"), "given twice"),
    ],
)
def test_an_option_without_effect_is_an_error(words: tuple[str, ...], message: str) -> None:
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code in (1, 2)
    assert message in " ".join(refused.output.split())
