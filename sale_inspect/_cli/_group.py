"""Groups of commands whose list shows whole sentences, and which know what a misspelt command was to be."""

from __future__ import annotations

import difflib

import click

__all__ = ["SentenceGroup"]


class SentenceGroup(click.Group):
    """click cuts the short help of a command to fit one line; here the first sentence stands in full, wrapped."""

    def sentences(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Name and first sentence of each command."""
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            text = "" if command is None else (command.help or "").partition("\n\n")[0]
            rows.append((name, " ".join(text.split())))
        return rows

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(self.sentences(ctx))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        known = self.list_commands(ctx)
        if name and not name.startswith("-") and name not in known and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, known, n=1)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)
