"""`headway users add`, `permissions` and `password`."""

from __future__ import annotations

import click

from headway.cli import accounts, options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Target

stdin = click.option("--password-stdin", "from_stdin", is_flag=True, help="Read the password from standard input.")


@click.command("add", short_help="Make a user.")
@click.argument("name", metavar="NAME")
@accounts.right(default="view")
@accounts.of_tenant
@stdin
@click.option("--no-password", is_flag=True, help="They sign in by a link only: headway users link NAME.")
@accounts.actor
@options.store
@options.output
def add(
    *,
    name: str,
    may: str,
    tenant: str | None,
    from_stdin: bool,
    no_password: bool,
    by: str | None,
    target: Target,
    out: Output,
) -> int:
    """Make the user NAME of the built-in login. The password is asked for; it has at least 10 characters.

    The tenant of a user is for good: remove the user and make another one.
    """
    with accounts.opened(target, by) as found:
        password = None if no_password else accounts.password(from_stdin=from_stdin)
        found.add(name, password, accounts.permissions(may), tenant=tenant)
    return _say(
        out,
        name,
        f"{name} may {'change everything' if may == 'manage' else 'see everything' if may == 'view' else 'do nothing'}",
    )


@click.command("permissions", short_help="Let a user do more, or less.")
@click.argument("name", metavar="NAME")
@click.argument("may", metavar="RIGHT", type=click.Choice(accounts.RIGHTS))
@accounts.actor
@options.store
@options.output
def permit(*, name: str, may: str, by: str | None, target: Target, out: Output) -> int:
    """Let the user NAME view, manage or do nothing. They are signed out, and sign in again with what they may then."""
    with accounts.opened(target, by) as found:
        if not found.permit(name, accounts.permissions(may)):
            raise accounts.missing("user", name)
    return _say(out, name, f"{name} may {may} now, and is signed out")


@click.command("password", short_help="Give a user another password.")
@click.argument("name", metavar="NAME")
@stdin
@accounts.actor
@options.store
@options.output
def rekey(*, name: str, from_stdin: bool, by: str | None, target: Target, out: Output) -> int:
    """Give the user NAME another password, which is asked for. They are signed out everywhere."""
    with accounts.opened(target, by) as found:
        if not found.rekey(name, accounts.password(from_stdin=from_stdin)):
            raise accounts.missing("user", name)
    return _say(out, name, f"{name} has another password, and is signed out")


def _say(out: Output, name: str, text: str) -> int:
    if out.as_json:
        out.document({"user": name, "done": True})
    else:
        out.text(text)
    return Exit.OK
