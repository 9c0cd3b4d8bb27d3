"""Forms from what a handler takes, and arguments from what was filled in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from headway import Jobs
from headway.web.desk.forms import schema_of
from headway.web.pages.fields import (
    PREFIX,
    Kind,
    arguments_of,
    blamed,
    fields_of,
    filled,
    marked,
    moments_of,
    raw_arguments,
)

BERLIN = ZoneInfo("Europe/Berlin")


class Tone(Enum):
    FORMAL = "formal"
    FRIENDLY = "friendly"


@dataclass
class Address:
    street: str
    number: int = 1


def everything(
    to: str,
    count: int,
    share: float,
    sure: bool,
    tone: Tone,
    at: datetime,
    on: date,
    address: Address,
    numbers: list[int],
    note: str | None,
    copies: int = 3,
    loud: bool = False,
    mood: Tone = Tone.FRIENDLY,
    until: datetime | None = None,
    secret: str = "",
) -> None:
    """Nothing."""


@pytest.fixture
def fields(tmp_path: Path):
    with Jobs(tmp_path / "store") as jobs:
        jobs.job(name="everything", redact=["secret"])(everything)
        handler = jobs.registry.get("everything")
        yield fields_of(schema_of(handler), zone=BERLIN, moments=moments_of(handler))


FILLED = {
    "to": "ann", "count": "4", "share": "0.5", "sure": "true", "tone": '"formal"', "at": "2026-11-22T14:00",
    "on": "2026-11-22", "address": '{"street": "High"}', "numbers": "[1, 2]", "note": "",
}  # fmt: skip


def sent(**given: str) -> dict[str, str]:
    return {PREFIX + name: value for name, value in (FILLED | given).items()}


def test_each_type_has_its_kind_of_field(fields) -> None:
    assert {one.name: one.kind for one in fields} == {
        "to": Kind.TEXT,
        "count": Kind.INTEGER,
        "share": Kind.NUMBER,
        "sure": Kind.CHECK,
        "tone": Kind.CHOICE,
        "at": Kind.MOMENT,
        "on": Kind.DAY,
        "address": Kind.JSON,
        "numbers": Kind.JSON,
        "note": Kind.TEXT,
        "copies": Kind.INTEGER,
        "loud": Kind.CHOICE,
        "mood": Kind.CHOICE,
        "until": Kind.MOMENT,
        "secret": Kind.SECRET,
    }
    by_name = {one.name: one for one in fields}
    assert [one.value for one in by_name["tone"].choices] == ['"formal"', '"friendly"']
    assert [one.label for one in by_name["loud"].choices] == ["default: no", "yes", "no"]
    assert by_name["copies"].hint == "default: 3"
    assert by_name["at"].hint == "by the clocks of Europe/Berlin"
    assert [one.name for one in fields if one.is_required][-1] == "note"


def test_what_was_filled_in_becomes_arguments_and_what_was_not_is_left_to_the_default(fields) -> None:
    found, wrong = arguments_of(fields, sent(), zone=BERLIN)
    assert wrong == {}
    assert found == {
        "to": "ann",
        "count": 4,
        "share": 0.5,
        "sure": True,
        "tone": "formal",
        "at": "2026-11-22T14:00:00+01:00",
        "on": "2026-11-22",
        "address": {"street": "High"},
        "numbers": [1, 2],
        "note": None,
    }


def test_optional_fields_that_were_filled_in_count(fields) -> None:
    found, _ = arguments_of(fields, sent(loud="false", until="2026-11-22T14:00Z", secret="x"), zone=UTC)
    assert (found["loud"], found["until"], found["secret"]) == (False, "2026-11-22T14:00:00+00:00", "x")


def test_an_empty_text_is_a_text_where_one_is_needed(fields) -> None:
    found, wrong = arguments_of(fields, sent(to=""), zone=UTC)
    assert (found["to"], wrong) == ("", {})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("count", "four", "'four' is not a whole number"),
        ("count", "1.5", "'1.5' is not a whole number"),
        ("count", "", "it is needed"),
        ("share", "nan", "is not a number"),
        ("at", "soon", "is no moment"),
        ("address", "{", "it is no JSON"),
        ("numbers", "", "it is needed"),
    ],
)
def test_what_cannot_be_read_is_told_of_its_field(fields, name: str, value: str, said: str) -> None:
    _, wrong = arguments_of(fields, sent(**{name: value}), zone=UTC)
    assert list(wrong) == [name]
    assert said in wrong[name]
    assert next(one for one in marked(fields, wrong) if one.name == name).error == wrong[name]


def test_a_form_is_shown_again_as_it_was_filled_in_but_for_secrets(fields) -> None:
    again = {one.name: one.value for one in filled(fields, sent(secret="hush"))}
    assert again["to"] == "ann"
    assert again["secret"] == ""


@pytest.mark.parametrize(
    ("message", "blame"),
    [
        (
            "the arguments of f do not fit it: argument count: expected `int`, got `str`",
            {"count": "expected `int`, got `str`"},
        ),
        (
            "the arguments of f do not fit it: argument address.street: expected `str`",
            {"address": ".street: expected `str`"},
        ),
        ("f() missing 2 required arguments: 'to', 'count'", {"to": "it is needed", "count": "it is needed"}),
        ("something else is wrong", {}),
        ("argument nobody: expected", {}),
    ],
)
def test_a_refusal_is_told_beside_the_field_that_it_is_about(fields, message: str, blame: dict[str, str]) -> None:
    assert blamed(message, fields) == blame


def test_all_arguments_as_one_text() -> None:
    assert raw_arguments('{"a": [1]}') == {"a": [1]}
    assert raw_arguments("") == {}
    for text in ("[1]", "{", '"x"', "[" * 100_000):
        with pytest.raises(ValueError, match=r"JSON|object"):
            raw_arguments(text)
