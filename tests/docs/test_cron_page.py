"""docs/reference/cron.md says what the package does: fields, signs, macros, both changes of clocks, and what is refused."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from headway import CronInvalid
from headway.model.cron import MACROS, TEXT_MAX_CHARS, parse
from headway.model.cron_field import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND
from headway.view.cron_words import in_words
from tests.docs.pages import DOCS, named, rows, section

PAGE = (DOCS / "reference" / "cron.md").read_text(encoding="utf-8")
BERLIN = ZoneInfo("Europe/Berlin")
DAYLIGHT = section(PAGE, "## Daylight saving")
SIGNS = "*?,-/HLW#"


def code(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_the_fields_take_the_values_that_the_page_says():
    table = rows(section(PAGE, "## Fields"))
    assert len(table) == 6
    for row, field in zip(table, (SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK), strict=True):
        assert row[0].startswith(field.name)
        assert field.says.startswith(row[1])
    assert f"At most {TEXT_MAX_CHARS} characters" in PAGE


@pytest.mark.parametrize("place", range(6))
def test_a_field_takes_the_signs_that_the_page_says_and_no_others(place):
    allowed = code(rows(section(PAGE, "## Fields"))[place][2])
    for sign in SIGNS:
        forms = {",": "1,2", "-": "1-2", "/": "1/2", "L": "L 1L", "W": "1W", "#": "1#1"}.get(sign, sign).split()
        assert (sign in allowed) is any(readable(form, place) for form in forms), sign


def readable(form, place):
    fields = ["*"] * 6
    fields[place] = form
    try:
        parse(" ".join(fields))
    except CronInvalid:
        return False
    return True


@pytest.mark.parametrize("row", rows(section(PAGE, "## Signs")), ids=lambda row: row[2])
def test_an_example_means_what_its_words_say(row):
    assert in_words(parse(named(row[2]))) == row[3]
    assert set(code(row[0])[0] if row[0] else "") & set(SIGNS) <= set(row[2])


def test_the_macros_are_those_of_the_package():
    assert {named(row[0]): named(row[1]) for row in rows(section(PAGE, "## Macros"))} == dict(MACROS)


@pytest.mark.parametrize(
    "row", [row for part in DAYLIGHT.split("**Back") for row in rows(part)], ids=lambda row: row[1][:10] + row[0]
)
def test_over_a_change_of_clocks_it_comes_as_the_page_says(row):
    expected = [datetime.strptime(one, "%Y-%m-%d %H:%M %z") for one in row[1].split(", ")]
    cron, found = parse(named(row[0])), []
    at = int(expected[0].timestamp()) * 1_000_000 - 1
    while len(found) < len(expected):
        at = cron.after(at, BERLIN)
        found.append(datetime.fromtimestamp(at // 1_000_000, BERLIN))
    assert [one.isoformat() for one in expected] == [one.isoformat() for one in found]


@pytest.mark.parametrize("row", rows(section(PAGE, "## What is refused")), ids=lambda row: row[0])
def test_what_is_refused_is_refused_with_that_text(row):
    with pytest.raises(CronInvalid, match=re.escape(row[2])) as caught:
        parse(named(row[0]))
    assert (named(row[0]), int(row[1])) == (caught.value.text, caught.value.position)


def test_the_warnings_that_the_page_speaks_of_are_given():
    assert all(len(parse(text).warnings) == 1 for text in ("0 0 13 * FRI", "*/45 * * * *", "0 0 31 * *"))
