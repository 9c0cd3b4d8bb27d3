"""docs/reference/api.md has every operation of the API, its names and its problems."""

import re

import msgspec

from headway.model import errors
from headway.view.filters import FilterInvalid
from headway.web import Permission, problems
from headway.web.api import events
from headway.web.api.jobs import JobQuery
from headway.web.api.shapes.jobs import JobAnswer
from headway.web.api.shapes.schedules import ScheduleItem
from headway.web.api.table import ROUTES
from headway.web.desk.bulk import IDS_MAX
from tests.docs.pages import CODE, DOCS, named, rows, section

PAGE = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
WORDS = {Permission.VIEW: "view", Permission.MANAGE: "manage"}


def names(shape):
    return {field.encode_name for field in msgspec.structs.fields(shape)}


def test_each_operation_is_listed_as_it_is():
    told = [
        (named(name), named(address), permission, summary)
        for name, address, permission, summary in rows(section(PAGE, "## Operations"))
    ]
    assert told == [
        (one.name, f"{one.method} {one.path.replace(':path', '')}", WORDS[one.permission], one.operation.summary)
        for one in ROUTES
    ]


def test_second_names_are_names():
    known = names(JobAnswer) | names(ScheduleItem) | {"message", "timestamp"}
    for name, _ in rows(section(PAGE, "## Names and values")):
        assert set(CODE.findall(name)) <= known


def test_each_event_that_is_told_is_listed():
    source = (DOCS.parent / "src" / "headway" / "web" / "api" / "events.py").read_text(encoding="utf-8")
    assert set(re.findall(r'_event\(\s*"(\w+)"', source)) == {
        named(row[0]) for row in rows(section(PAGE, "## Streams"))
    }
    assert f"{events.PING_S} seconds" in PAGE
    assert f"for {events.SEND_S} seconds" in PAGE


def test_each_problem_has_its_status():
    told = {int(row[0]): set(re.findall(r"`([a-z-]+)`", row[2])) for row in rows(section(PAGE, "## Problems"))}
    assert set(problems.STATUSES.values()) | set(problems.WORDS) <= set(told)
    for status, words in told.items():
        for word in words - {"request-invalid", "internal-error", *problems.WORDS.values()}:
            name = "".join(part.capitalize() for part in word.split("-"))
            kind = (
                getattr(errors, name, None) or getattr(problems, name, None) or {"FilterInvalid": FilterInvalid}[name]
            )
            assert next(problems.STATUSES[one] for one in kind.__mro__ if one in problems.STATUSES) == status, word


def test_limits_are_as_the_page_says():
    assert "at most 200" in PAGE
    assert "pageSize" in names(JobQuery)
    assert f"at most {IDS_MAX:,}" in PAGE
