"""Stores to be copied: of both kinds, with rows in every table there is, or with a life behind them."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from headway.store.moving.sides import opened
from headway.store.moving.table import Table
from headway.store.operation import Operation
from headway.store.sqlite.migrate import migrations
from headway.store.verbs.record import checksum
from tests.cli.stage import Stage
from tests.postgres.databases import database_of

ROWS = 3
ACTS = "headway_act"
"""A copy writes one itself before it begins, which goes along, and one into the new place when it is done."""
MONTH_US = 31 * 86_400_000_000
LAST_NUMBER = 90
ODD_TEXT = 'tab\t line\n back\\slash "quote" \N{SNOWMAN} \\N'


def place_of(kind: str, folder: Path) -> str:
    """A place of this kind that belongs to the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder / "store") if kind == "sqlite" else database_of(folder)


@cache
def column_types() -> Mapping[tuple[str, str], str]:
    """Of every column of the schema: INTEGER, TEXT, BLOB or REAL."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for step in migrations():
            connection.executescript(step.text)
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {(name, row[1]): row[2] for name in names for row in connection.execute(f"PRAGMA table_info({name})")}


def fill(place: str) -> None:
    """Rows in every table that is copied, whatever they mean, and archived records in three months."""
    with opened(place) as side:

        def run(tx: Any) -> None:
            for table in side.tables(tx).values():
                side.add(tx, table, [_row(table, number) for number in range(1, ROWS + 1)])
            side.add_records(tx, [_record(number) for number in range(1, ROWS + 1)])
            side.set_numbers(tx, dict.fromkeys(side.numbers(tx), LAST_NUMBER))

        side.store.call(Operation("fill", run, alone=True))


def _row(table: Table, number: int) -> tuple[Any, ...]:
    return tuple(_value(table, column, number) for column in table.columns)


def _value(table: Table, column: str, number: int) -> Any:
    if column in {"archived", "pulled"}:
        return 1
    if column == "created_at":
        return number * MONTH_US
    kinds: Mapping[str, Any] = {
        "INTEGER": number,
        "REAL": number / 8,
        "BLOB": bytes([number, 0, 9, 10, 92, 255]),
        "TEXT": f"{column} {number} {ODD_TEXT}",
    }
    return kinds[column_types()[table.name, column]]


def _record(number: int) -> tuple[Any, ...]:
    head = (number, *(f"{text} {number}" for text in ("ref", "name", "queue", "state")), number * MONTH_US, None)
    row = (*head, '{"a": "\\u00fc\\n"}', *[None] * 7, 0.5, *[None] * 3, 7, "[]", "[]", ODD_TEXT)
    return (*row, checksum(row))


def live(place: str) -> tuple[int, ...]:
    """Jobs that were really run: completed, failed, archived, waiting; all their numbers."""
    stage = Stage(Path(place) if "://" not in place else place)  # type: ignore[arg-type]
    for _ in range(4):
        stage.complete()
    stage.fail()
    stage.run("archive", "--older-than", "0s")
    stage.complete()
    stage.add(tags=("red",), unique_key="only")
    stage.run("queues", "pause", "mail")
    ids = stage.ids()
    stage.store.close()
    return ids
