"""`headway migrate`: make a store's tables, or bring them up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headway.cli import options
from headway.cli.exits import Exit

if TYPE_CHECKING:
    from headway.cli.output import Output
    from headway.store.migrating import Plan


@click.command("migrate", short_help="Make a store's tables, or bring them up to date.")
@click.option(
    "--store",
    "place",
    metavar="PLACE",
    help="The store: a directory, sqlite:///file or postgresql://.  [env: HEADWAY_STORE]",
)
@click.option("--check", is_flag=True, help="Change nothing; end with 1 if there is something to do.")
@click.option("--sql", is_flag=True, help="Change nothing; print the statements.")
@options.output
def command(*, place: str | None, check: bool, sql: bool, out: Output) -> int:
    """Make a store's tables, or bring them up to date. Stored jobs stay, and workers may go on meanwhile.

    Whoever opens a store does this anyway, unless HEADWAY_MIGRATE=no is in its environment, or Jobs(migrate=False) in its code:
    then it says that this command is to be run. --check also says whether processes of older code may go on.
    """
    from headway.cli.target import wanted_place
    from headway.store.migrating import migrate, plan

    where, _ = wanted_place(place)
    found = plan(where) if check or sql else migrate(where)
    if sql and not out.as_json:
        for step in found.steps:
            out.text(f"-- schema {step.version}\n{step.text}")
    else:
        _tell(found, out, done=not (check or sql))
    return Exit.FAILED if check and found.steps else Exit.OK


def _tell(found: Plan, out: Output, *, done: bool) -> None:
    if out.as_json:
        steps = [
            {
                "version": step.version,
                "works_with": step.works_with,
                "outside_transaction": step.is_outside,
                "sha256": step.digest,
                "sql": step.text,
            }
            for step in found.steps
        ]
        out.document(
            {"store": found.place, "schema": found.found, "newest": found.newest, "done": done, "steps": steps}
        )
    elif not found.steps:
        out.text(f"{found.place} has schema {found.found}: nothing to do")
    elif done:
        out.text(f"{found.place}: schema {found.found} brought to {found.newest}")
    else:
        out.text(f"{found.place} has schema {found.found}, and needs {found.newest}: run headway migrate")
        if found.found:
            out.text(_meanwhile(found))


def _meanwhile(found: Plan) -> str:
    """What becomes of the workers that run."""
    oldest = max(step.works_with for step in found.steps)
    if oldest <= found.found:
        return f"code that knows schema {oldest} works on beside it: workers may go on, and be replaced one by one"
    return f"only code that knows schema {oldest} works with it: stop workers and programs of older code first"
