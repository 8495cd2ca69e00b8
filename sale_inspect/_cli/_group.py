"""A group of commands whose list shows whole sentences."""

from __future__ import annotations

import click

__all__ = ["SentenceGroup"]


class SentenceGroup(click.Group):
    """click cuts the short help of a command to fit one line; here the first sentence stands in full, wrapped."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            text = "" if command is None else (command.help or "").partition("\n\n")[0]
            rows.append((name, " ".join(text.split())))
        with formatter.section("Commands"):
            formatter.write_dl(rows)
