"""What the commands for users and tokens have in common: who may what, where a password comes from, who acts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from headway.cli.exits import CommandError, UsageInvalid
from headway.cli.web_extra import need_web
from headway.cli.written import user
from headway.model.clock import SystemClock

if TYPE_CHECKING:
    from headway.cli.target import Target
    from headway.web.access import Permission
    from headway.web.login.accounts import Accounts

T = TypeVar("T")

RIGHTS: Final = ("view", "manage", "nothing")

actor = click.option("--by", metavar="WHO", help="Who does this, for the list of acts.  [default: your user name]")


def right(*, default: str | None) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """`--may`: what somebody is allowed."""
    return click.option(
        "--may",
        type=click.Choice(RIGHTS),
        default=default,
        show_default=default is not None,
        help="See everything, change everything too, or nothing.",
    )


def of_tenant(function: Callable[..., T]) -> Callable[..., T]:
    """`--tenant`: whose jobs somebody may see."""
    return click.option(
        "--tenant", metavar="NAME", help="Only the jobs and batches of this tenant.  [default: everybody's]"
    )(function)


def permissions(may: str) -> tuple[Permission, ...]:
    """The permissions that a word stands for."""
    from headway.web.access import Permission

    return {"view": (Permission.VIEW,), "manage": (Permission.VIEW, Permission.MANAGE), "nothing": ()}[may]


@contextmanager
def opened(target: Target, by: str | None) -> Iterator[Accounts]:
    """The accounts of the store that is meant, to be changed by whoever says so."""
    need_web()
    from headway.web.login.accounts import Accounts

    with target.open() as found:
        yield Accounts(store=found.store, by=by or user(), now_us=SystemClock().now_us())


def password(*, from_stdin: bool) -> str:
    """A new password: typed twice, or the first line of standard input. It is never an argument, which everybody could see."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageInvalid(
            "nobody is there to type a password", advice="send it to standard input with --password-stdin"
        )
    typed: Any = click.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    return str(typed)


def missing(what: str, name: str) -> CommandError:
    """There is none of that name."""
    return CommandError(f"there is no {what} {name!r} that this could be done to", advice=f"see headway {what}s list")
