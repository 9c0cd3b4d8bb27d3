"""Groups of commands that are imported only when they are called, so that `headway --help` starts at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from headway.cli.exits import UsageInvalid
from headway.model.nearest import nearest


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is, and the one line that a list of commands says of it."""

    module: str
    help: str
    attribute: str = "command"


class LazyGroup(click.Group):
    """A group that knows its commands by name, place and help line only."""

    def __init__(self, *, entries: Mapping[str, Entry], **given: Any) -> None:
        super().__init__(**given)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order in which they are declared: the most used first."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import it."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = getattr(import_module(entry.module), entry.attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; an unknown command names the nearest one."""
        name = args[0]
        if not name.startswith("-") and name not in self.entries:
            raise UsageInvalid(f"there is no command {ctx.command_path} {name}", advice=hint(name, list(self.entries)))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The list of commands, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])


def hint(word: str, known: Sequence[str]) -> str:
    """A hint: the nearest known word, else all of them."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else f"there are {', '.join(known)}"
