"""`headway export`: the jobs that a filter names, as CSV or JSON, exactly those that `jobs list` counts."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import click
import msgspec

from headway.cli import options
from headway.cli.exits import CommandError, Exit
from headway.cli.output import Output
from headway.cli.selection import every_row, read_filter
from headway.cli.target import Target
from headway.model.job import JobRow
from headway.view import records
from headway.view.filters import Part

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula; an apostrophe in front keeps it text."""
LIST_JOIN: Final = " "
SHAPES: Final = ("csv", "json", "jsonl")


@click.command("export", short_help="Write the jobs that a filter names as CSV or JSON.")
@click.argument("terms", nargs=-1, metavar="[FILTER]...")
@options.filters
@click.option(
    "--format", "shape", type=click.Choice(SHAPES), help="Default: as the file ends, else csv, or json with --json."
)
@click.option(
    "--output", "-o", "file", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of the output."
)
@options.store
@options.output
def command(
    *,
    terms: tuple[str, ...],
    conditions: tuple[Part, ...],
    shape: str | None,
    file: Path | None,
    target: Target,
    out: Output,
) -> int:
    """Write the jobs that a filter names, newest first, as CSV or JSON: without arguments and results.

    In CSV, moments are UTC, tags are joined by spaces, and a text that a spreadsheet would take for a formula gets an
    apostrophe in front.
    """
    where = read_filter(terms, conditions)
    with target.open() as opened, _open(file) as sink:
        rows = every_row(opened, where)
        count = _write(sink, rows, shape or _shape_of(file, out))
    if file is not None and not out.as_json:
        out.text(f"{count} jobs written to {file}")
    elif file is not None:
        out.document({"written": count, "file": str(file)})
    return Exit.OK if count else Exit.FAILED


def _shape_of(file: Path | None, out: Output) -> str:
    """What the file's ending says, else what the output asks for."""
    ending = "" if file is None else file.suffix.removeprefix(".").lower()
    return ending if ending in SHAPES else "json" if out.as_json else "csv"


@contextmanager
def _open(file: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a file that is there whole or not at all."""
    if file is None:
        yield sys.stdout
        return
    unfinished = file.with_name(file.name + ".unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as sink:
            yield sink
        unfinished.replace(file)
    except OSError as error:
        raise CommandError(
            f"{file} cannot be written: {error.strerror}", advice="give another file with --output"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _write(sink: IO[str], rows: Iterable[JobRow], shape: str) -> int:
    match shape:
        case "csv":
            return _write_csv(sink, rows)
        case "jsonl":
            return _write_lines(sink, rows)
        case _:
            return _write_json(sink, rows)


def _write_csv(sink: IO[str], rows: Iterable[JobRow]) -> int:
    writer: Any = None
    count = 0
    for row in rows:
        record = records.job(row)
        if writer is None:
            writer = csv.DictWriter(sink, record, lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: cell(value) for name, value in record.items()})
        count += 1
    return count


def cell(value: Any) -> Any:
    """A value as a cell of CSV."""
    if isinstance(value, list):
        value = LIST_JOIN.join(value)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value


def _write_lines(sink: IO[str], rows: Iterable[JobRow]) -> int:
    count = 0
    for row in rows:
        sink.write(msgspec.json.encode(records.job(row)).decode() + "\n")
        count += 1
    return count


def _write_json(sink: IO[str], rows: Iterable[JobRow]) -> int:
    """One document, written as the rows come."""
    count = 0
    sink.write('{"jobs": [')
    for row in rows:
        sink.write(("," if count else "") + "\n  " + msgspec.json.encode(records.job(row)).decode())
        count += 1
    sink.write(f'\n], "total": {count}}}\n')
    return count
