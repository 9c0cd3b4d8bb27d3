"""Options that several commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from headway.cli.output import Output

if TYPE_CHECKING:
    from headway.model.sort import Sort

T = TypeVar("T")
Decorated = Callable[..., T]

FILTERS: Final = (
    ("state", "STATE", "In this state, or pending, final, unfinished. May be repeated."),
    ("name", "NAME", "Of this handler. May be repeated."),
    ("queue", "QUEUE", "In this queue. May be repeated."),
    ("worker", "NAME", "Of this named worker."),
    ("tag", "TAG", "With this tag."),
    ("batch", "ID", "Of this batch."),
    ("schedule", "NAME", "Made by this schedule, also those that were skipped or run by hand."),
    ("created_by", "WHO", "Enqueued by this person or program."),
    ("user", "ID", "For this user id."),
    ("tenant", "NAME", "For this tenant."),
    ("ref", "REF_ID", "With this reference."),
    ("parent", "JOB", "That came from this job."),
    ("reply_to", "ADDRESS", "With this reply address."),
    ("fact", "NAME=VALUE", "With this free fact (args of its call). May be repeated: all must hold."),
    ("code", "CODE", "That ended (or waits) with this code: timeout, poison, expired, ..."),
    ("since", "WHEN", "Created since: 2h, 1d, today, 2026-11-22, 2026-11-22T14:00."),
    ("until", "WHEN", "Created until."),
    ("text", "TEXT", "With this text in name, reason, arguments or error."),
    ("app_name", "NAME", "Of the app that is stored under this name."),
)
"""Option, what stands for its value, help. Each is the filter key of the same name."""


def order(text: str) -> Sort:
    """An order on the command line: ended, -duration."""
    from headway.model.errors import OptionInvalid
    from headway.model.sort import read_sort

    try:
        return read_sort(text)
    except OptionInvalid as error:
        raise click.BadParameter(str(error).removeprefix("sort ")) from error


def duration(text: str) -> timedelta:
    """A duration on the command line: 90s, 2h30m, 1d."""
    from headway.view.spans import SpanInvalid, span

    try:
        return span(text)
    except SpanInvalid as error:
        raise click.BadParameter(str(error)) from error


NEVER: Final = timedelta.max
"""What `none` is read as: a command line has no other word for a time that does not come."""


def duration_or_none(text: str) -> timedelta:
    """A duration, or `none`, which is NEVER."""
    return NEVER if text.strip().lower() == "none" else duration(text)


def output(function: Decorated[T]) -> Decorated[T]:
    """`--json` and `--debug`; the command gets an Output as `out`."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON for programs; moments are UTC.")
    @click.option("--debug", is_flag=True, expose_value=False, help="Print the traceback of an error.")
    @wraps(function)
    def command(*args: Any, as_json: bool, **given: Any) -> T:
        return function(*args, out=Output(as_json=as_json), **given)

    return command


def store(function: Decorated[T]) -> Decorated[T]:
    """`--store` and `--app`; the command gets an unopened Target as `target`."""

    @click.option(
        "--store", "place", metavar="PLACE", help="The store: a directory or sqlite:///file. [env: HEADWAY_STORE]"
    )
    @click.option(
        "--app",
        "spec",
        metavar="MODULE:NAME",
        help="The application's Jobs: uses its store, and masks the arguments that its handlers declare secret.",
    )
    @wraps(function)
    def command(*args: Any, place: str | None, spec: str | None, **given: Any) -> T:
        from headway.cli.target import Target

        return function(*args, target=Target(place=place, spec=spec), **given)

    return command


def filters(function: Decorated[T]) -> Decorated[T]:
    """The filter's options; the command gets the conditions as `conditions`."""
    keys = tuple(key for key, _, _ in FILTERS)

    @wraps(function)
    def command(*args: Any, **given: Any) -> T:
        from headway.view.filters import Part

        named = [(key, given.pop(key)) for key in keys]
        parts = tuple(Part(key.replace("app_name", "app"), value) for key, values in named for value in values)
        return function(*args, conditions=parts, **given)

    for key, metavar, text in reversed(FILTERS):
        command = click.option(f"--{key.replace('_', '-')}", key, metavar=metavar, multiple=True, help=text)(command)
    return command


def actor(function: Decorated[T]) -> Decorated[T]:
    """`--by`: who acts, for the job's history."""
    return click.option("--by", metavar="WHO", help="Who does this, for the job's history.  [default: your user name]")(
        function
    )
