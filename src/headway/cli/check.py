"""`headway check`: what is wrong with a store, its place and its code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import click

from headway.cli import findings, options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.findings import Finding, Level
from headway.cli.output import Output
from headway.cli.schedule_findings import schedules
from headway.cli.schedules import every
from headway.cli.server_findings import hindrances
from headway.cli.target import Opened, Target
from headway.model.clock import SystemClock
from headway.store.open import lock_holder
from headway.store.place import parse_place
from headway.store.postgres.place import is_postgres
from headway.view import words
from headway.view.tables import Column, Table


@click.command("check", short_help="Look for what is wrong with a store, its place and its code.")
@click.argument("application", required=False, metavar="[MODULE:NAME]")
@click.option(
    "--audit",
    is_flag=True,
    help="Read the whole store, its archives too, and check every invariant and every seal (slow on a large one).",
)
@options.store
@options.output
def command(*, application: str | None, audit: bool, target: Target, out: Output) -> int:
    """Look for what is wrong: settings, place, permissions, space, schema, SQLite, lock, hold, archive, handlers, workers, schedules,
    calls of applications.

    Exit code 0 when everything is fine, 1 when there are findings.
    """
    if application is not None and target.spec is not None and application != target.spec:
        raise UsageInvalid("two applications are given", advice="give one, as the argument or with --app")
    target = replace(target, spec=application or target.spec)
    found = [*findings.settings()]
    if not any(finding.level is Level.PROBLEM for finding in found):  # wrong settings say where no store is
        with target.open() as opened:
            found.extend(_look(opened, spec=target.spec, audit=audit))
    bad = [finding for finding in found if finding.level is not Level.FINE]
    if out.as_json:
        out.document({
            "findings": [_record(finding) for finding in found],
            "problems": sum(finding.level is Level.PROBLEM for finding in bad),
            "warnings": sum(finding.level is Level.WARNING for finding in bad),
        })  # fmt: skip
    else:
        out.table(_table(found, len(bad)))
        for finding in bad:
            out.text(f"{finding.topic}: {finding.advice}")
    return Exit.FAILED if bad else Exit.OK


def _look(opened: Opened, *, spec: str | None, audit: bool) -> Iterator[Finding]:
    reader = opened.reader
    text = opened.store.place
    facts = opened.store.look()
    nodes, now_us = opened.nodes(app=opened.app), SystemClock().now_us()
    if facts is not None:  # it was opened just now; only somebody who deletes it meanwhile makes it none
        yield from findings.server(text, facts) if is_postgres(text) else findings.files(parse_place(text), facts)
        yield from findings.schema(facts)
        yield from findings.held(facts)
        yield from findings.retention(facts, now_us)
        yield from findings.archive(facts)
        if is_postgres(text):
            yield from hindrances(facts)
        else:
            yield from findings.library(parse_place(text), facts, opened.nodes())
    if not is_postgres(text):
        yield from findings.lock(lock_holder(text))
    registry = None if opened.jobs is None else opened.jobs.registry
    yield from findings.handlers(reader.call(reader.handlers(app=opened.app)), nodes, registry)
    queues = reader.call(reader.queues(app=opened.app))
    yield from findings.workers(nodes, queues, now_us=now_us, spec=spec)
    rows = tuple(every(opened, opened.app))
    stopped = tuple(reader.call(reader.scheduler(app)) for app in sorted({row.app for row in rows}))
    held = facts is not None and facts.held_us is not None
    yield from schedules(rows, stopped, now_us=now_us, held=held, spec=spec)
    yield from findings.calls(reader.call(opened.store.unadmitted()), now_us)
    if audit:
        yield from findings.breaches(opened.store.inspect())


def _record(finding: Finding) -> dict[str, str]:
    return {"level": finding.level.value, "topic": finding.topic, "what": finding.what, "advice": finding.advice}


def _table(found: list[Finding], bad: int) -> Table:
    return Table(
        columns=(Column(title="topic"), Column(title="finding"), Column(title="what")),
        rows=tuple((finding.topic, finding.level.value, words.visible(finding.what)) for finding in found),
        foot="everything is fine" if not bad else words.count(bad, "finding"),
    )
