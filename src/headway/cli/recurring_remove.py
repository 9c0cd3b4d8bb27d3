"""`headway recurring remove`: remove schedules; their jobs stay."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.schedules import app_name, by, find
from headway.cli.target import Target
from headway.cli.written import act, do, user
from headway.client.checks import name as checked
from headway.store.scheduling import Removed

TOLD: Final = MappingProxyType(
    {
        Removed.REMOVED: "removed",
        Removed.RETURNS: "removed; code declares it, so it comes back when a worker starts that has it "
        "(--for-good keeps it away)",
        Removed.NOT_FOUND: "was removed meanwhile",
    }
)
BACK: Final = " for good: headway recurring resume {} brings it back"


@click.command("remove", short_help="Remove schedules; their jobs stay.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--for-good", is_flag=True, help="Code that declares it does not bring it back.")
@click.option("--yes", is_flag=True, help="Really remove; without it nothing is done.")
@by
@app_name
@options.store
@options.output
def command(
    *, names: tuple[str, ...], for_good: bool, yes: bool, by: str | None, app: str | None, target: Target, out: Output
) -> int:
    """Remove schedules with the record of their instants. Their jobs stay, also those that are under way."""
    if not yes:
        raise UsageInvalid(
            "remove deletes schedules and what is known of their runs",
            advice="add --yes if that is what you want; headway recurring pause only stops them",
        )
    who = checked("by", by or user())
    results: list[dict[str, object]] = []
    with target.open() as opened:
        for row in [find(opened, name, app) for name in names]:
            done = do(
                opened.store,
                opened.store.remove_schedule(row.app, row.name, by=who, for_good=for_good),
                act("remove", "schedule", row.name, app=row.app, by=who, for_good=for_good),
                did=lambda answer: answer is not Removed.NOT_FOUND,
            )
            results.append({"schedule": row.name, "app": row.app, "outcome": done.value})
            if not out.as_json:
                out.text(
                    f"{row.name} {TOLD[done]}{BACK.format(row.name) if for_good and done is Removed.REMOVED else ''}"
                )
    if out.as_json:
        out.document({"results": results})
    return Exit.FAILED if any(one["outcome"] == Removed.NOT_FOUND for one in results) else Exit.OK
