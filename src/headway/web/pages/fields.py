"""A form from what a handler takes, and the arguments from what was filled in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from headway.model.handler import Handler

PREFIX: Final = "argument."
"""What the names of the form's fields begin with, so that no argument is taken for an option."""
WHICH: Final = re.compile(r"\bargument (\w+)")
MISSING: Final = re.compile(r"missing \d+ required arguments?: (.+)")
JSON_EMPTY: Final = "{}"
MOMENT: Final = MappingProxyType({"type": "string", "format": "date-time"})


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    SECRET = "password"  # noqa: S105 - what browsers call a field whose text is hidden
    INTEGER = "integer"
    NUMBER = "number"
    CHECK = "checkbox"
    CHOICE = "select"
    MOMENT = "datetime-local"
    DAY = "date"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several values."""

    value: str
    """As JSON; empty where the default is meant."""
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One argument."""

    name: str
    kind: Kind
    is_required: bool
    may_be_null: bool = False
    hint: str = ""
    """What it is if nothing is filled in; what it may be."""
    choices: tuple[Choice, ...] = ()
    value: str = ""
    error: str = ""

    @property
    def input(self) -> str:
        """Its name in the form."""
        return PREFIX + self.name


def fields_of(schema: Mapping[str, Any], *, zone: tzinfo, moments: frozenset[str] = frozenset()) -> tuple[Field, ...]:
    """The fields of a handler's arguments; `moments`: those of them that are moments, which a schema may not say."""
    required = frozenset(schema.get("required", ()))
    definitions = schema.get("$defs", {})
    return tuple(
        _field(name, {**_resolved(given, definitions), **(MOMENT if name in moments else {})}, name in required, zone)
        for name, given in schema.get("properties", {}).items()
    )


def moments_of(handler: Handler) -> frozenset[str]:
    """Which of its arguments are moments, or may be."""
    return frozenset(one.name for one in handler.signature.parameters if _is_moment(one.annotation))


def _is_moment(annotation: Any) -> bool:
    if get_origin(annotation) in {Union, UnionType}:
        return {one for one in get_args(annotation) if one is not NoneType} == {datetime}
    return annotation is datetime


def filled(fields: tuple[Field, ...], sent: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields with what was sent, to be shown again. What is secret is not shown again."""
    return tuple(one if one.kind is Kind.SECRET else replace(one, value=sent.get(one.input, "")) for one in fields)


def arguments_of(
    fields: tuple[Field, ...], sent: Mapping[str, str], *, zone: tzinfo
) -> tuple[dict[str, Any], dict[str, str]]:
    """The arguments that were filled in, and what is wrong with which field."""
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for one in fields:
        text = sent.get(one.input, "")
        if one.kind is Kind.CHECK:
            found[one.name] = bool(text)
        elif text or (one.is_required and one.kind in {Kind.TEXT, Kind.SECRET} and not one.may_be_null):
            try:
                found[one.name] = _value(one, text, zone)
            except ValueError as error:
                wrong[one.name] = str(error)
        elif one.is_required and one.may_be_null:
            found[one.name] = None
        elif one.is_required:
            wrong[one.name] = "it is needed"
    return found, wrong


def raw_arguments(text: str) -> dict[str, Any]:
    """All arguments as one JSON object; ValueError says what is wrong."""
    found = _json(text or JSON_EMPTY)
    if not isinstance(found, dict):
        raise ValueError('the arguments must be an object, such as {"to": "ann"}')  # noqa: TRY004 - a value of the form
    return found


def blamed(message: str, fields: tuple[Field, ...]) -> dict[str, str]:
    """Which fields a refusal is about, with what it says of each; none where it is about no single one."""
    names = frozenset(one.name for one in fields)
    if lost := MISSING.search(message):
        return {name: "it is needed" for name in re.findall(r"'(\w+)'", lost[1]) if name in names}
    which = WHICH.search(message)
    if which is None or which[1] not in names:
        return {}
    return {which[1]: message[which.start() :].removeprefix(f"argument {which[1]}").lstrip(": ") or message}


def marked(fields: tuple[Field, ...], wrong: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields with what is wrong beside them."""
    return tuple(replace(one, error=wrong.get(one.name, "")) for one in fields)


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A property with the definition that it names in its place, and null told apart."""
    found = dict(schema)
    if "allOf" in found and len(found["allOf"]) == 1:
        found |= _resolved(found.pop("allOf")[0], definitions)
    if isinstance(found.get("$ref"), str):
        found |= definitions.get(found.pop("$ref").rpartition("/")[2], {})
    several = found.get("anyOf")
    if isinstance(several, list) and {"type": "null"} in several:
        others = [one for one in several if one != {"type": "null"}]
        rest = {key: value for key, value in found.items() if key != "anyOf"}
        inner = _resolved(others[0], definitions) if len(others) == 1 else {"anyOf": others}
        return {**inner, **rest, "null": True}
    kinds = found.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        others = [one for one in kinds if one != "null"]
        return {**found, "type": others[0] if len(others) == 1 else others, "null": True}
    return found


def _field(name: str, schema: Mapping[str, Any], required: bool, zone: tzinfo) -> Field:  # noqa: FBT001 - a fact of the schema
    kind = _kind(schema, required)
    default = ""
    if not required and "default" in schema:
        default = f"default: {_text(schema['default'])}"
    hints = ["" if kind is Kind.CHOICE else default, str(schema.get("description", "")), _hint(kind, zone)]
    return Field(
        name=name,
        kind=kind,
        is_required=required,
        may_be_null=bool(schema.get("null")),
        hint="; ".join(part for part in hints if part),
        choices=_choices(schema, required) if kind is Kind.CHOICE else (),
    )


def _kind(schema: Mapping[str, Any], required: bool) -> Kind:  # noqa: FBT001, PLR0911 - a table of schemas
    match schema:
        case {"writeOnly": True, "type": "string"}:
            return Kind.SECRET
        case {"enum": _}:
            return Kind.CHOICE
        case {"type": "boolean"}:
            return Kind.CHECK if required and not schema.get("null") else Kind.CHOICE
        case {"type": "integer"}:
            return Kind.INTEGER
        case {"type": "number"}:
            return Kind.NUMBER
        case {"type": "string", "format": "date-time"}:
            return Kind.MOMENT
        case {"type": "string", "format": "date"}:
            return Kind.DAY
        case {"type": "string"}:
            return Kind.TEXT
        case _:
            return Kind.JSON


def _hint(kind: Kind, zone: tzinfo) -> str:
    match kind:
        case Kind.MOMENT:
            return f"by the clocks of {zone}"
        case Kind.JSON:
            return "as JSON"
        case _:
            return ""


def _choices(schema: Mapping[str, Any], required: bool) -> tuple[Choice, ...]:  # noqa: FBT001 - a fact of the schema
    values = schema.get("enum", (True, False))
    given = tuple(Choice(value=_dump(value), label=_text(value)) for value in values)
    if required:
        return given
    default = f"default: {_text(schema['default'])}" if "default" in schema else "default"
    return (Choice(value="", label=default), *given)


def _value(one: Field, text: str, zone: tzinfo) -> Any:
    match one.kind:
        case Kind.TEXT | Kind.SECRET | Kind.DAY | Kind.CHECK:
            return text
        case Kind.INTEGER:
            return _number(text, int, "a whole number")
        case Kind.NUMBER:
            return _number(text, float, "a number")
        case Kind.MOMENT:
            return _moment(text, zone)
        case Kind.CHOICE | Kind.JSON:
            return _json(text)


def _number(text: str, kind: type[int | float], what: str) -> float:
    try:
        found = kind(text)
    except ValueError:
        raise ValueError(f"{text[:50]!r} is not {what}") from None
    if not math.isfinite(found):  # JSON has no word for it
        raise ValueError(f"{text[:50]!r} is not {what}")
    return found


def _moment(text: str, zone: tzinfo) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:50]!r} is no moment, such as 2026-11-22T14:00") from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).isoformat()


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ValueError(f"it is no JSON: {error}") from error


def _dump(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _text(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case "":
            return "an empty text"
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case _:
            return _dump(value)
