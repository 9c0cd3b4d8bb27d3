"""Filters as people write them: `state:failed queue:mail since:1d timeout` becomes a JobFilter.

Every part narrows the list. `state`, `name` and `queue` take several values (repeated, or with commas), and any of
them may hold; `fact` takes several (repeated), and all of them must; the others take one. Words without a key are free text. A value with a space is put in double quotes;
a quoted word is never taken for a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from headway.model.clock import to_us
from headway.model.errors import HeadwayError
from headway.model.fact import FACT_NAME_MAX, FACT_VALUE_MAX, FACTS_MAX
from headway.model.job import PENDING, State
from headway.model.nearest import nearest
from headway.store.protocol import JobFilter
from headway.view import spans

TEXT_MAX: Final = 2_000
"""Characters of a whole filter."""
VALUES_MAX: Final = 100
"""Values of one key."""
ID_MAX: Final = 2**63 - 1
KEY: Final = re.compile(r"-?[^\W\d]\w*")
"""What can be meant as a key: a time such as 12:30 is not."""

KEYS: Final[Mapping[str, str]] = MappingProxyType({
    "state": "states",
    "name": "names",
    "queue": "queues",
    "tag": "tag",
    "batch": "batch_id",
    "schedule": "schedule",
    "created_by": "created_by",
    "user": "user_id",
    "tenant": "tenant",
    "ref": "ref_id",
    "parent": "parent_id",
    "reply_to": "reply_to",
    "worker": "lane",
    "fact": "facts",
    "code": "code",
    "since": "created_from_us",
    "until": "created_until_us",
    "app": "app",
    "text": "text",
})  # fmt: skip
"""What may stand before the colon, and the field of JobFilter that it fills."""

SYNONYMS: Final[Mapping[str, str]] = MappingProxyType({
    "status": "state", "job": "name", "handler": "name", "batch_id": "batch", "by": "created_by", "lane": "worker", "user_id": "user", "recurring": "schedule",
    "ref_id": "ref", "parent_id": "parent", "reason": "code", "from": "since", "after": "since", "before": "until",
    "reply": "reply_to", "facts": "fact", "args": "fact", "arg": "fact", "tags": "tag", "states": "state", "names": "name", "queues": "queue",
})  # fmt: skip
"""Near misses that no spelling distance finds: they are offered, not accepted, so that there is one way to write it."""

MANY: Final = frozenset({"state", "name", "queue"})

STATE_GROUPS: Final[Mapping[str, tuple[State, ...]]] = MappingProxyType({
    "pending": tuple(state for state in State if state in PENDING),
    "final": tuple(state for state in State if state.is_final),
    "unfinished": tuple(state for state in State if not state.is_final),
})  # fmt: skip


class FilterInvalid(HeadwayError, ValueError):
    """A filter cannot be understood; the message names the nearest thing that can."""


@dataclass(frozen=True, slots=True)
class Part:
    """One condition: a key and the value as it was written."""

    key: str
    value: str


def parse(text: str, *, now: datetime, zone: tzinfo | None = None) -> JobFilter:
    """Read a filter written as text. Never raises anything but FilterInvalid."""
    return build(parts(text), now=now, zone=zone)


def parts(text: str) -> tuple[Part, ...]:
    """Split a text into conditions; what has no key is free text, joined by spaces in the order given."""
    if len(text) > TEXT_MAX:
        raise FilterInvalid(f"the filter has {len(text)} characters; at most {TEXT_MAX} are read")
    found: list[Part] = []
    free: list[str] = []
    for head, value, quoted in _pieces(text):
        if head is None:
            free.append(value)
        elif head in KEYS:
            found.append(Part(head, value))
        elif not quoted and value.startswith("//"):  # an address is a text to look for, not a key
            free.append(f"{head}:{value}")
        else:
            raise FilterInvalid(f"there is no key {head!r} to filter by{_hint(head)}")
    return (*found, *((Part("text", " ".join(free)),) if free else ()))


def build(conditions: Iterable[Part], *, now: datetime, zone: tzinfo | None = None) -> JobFilter:
    """Make the filter from conditions, wherever they came from. Never raises anything but FilterInvalid."""
    values: dict[str, list[str]] = {}
    for condition in conditions:
        if condition.key not in KEYS:
            raise FilterInvalid(f"there is no key {condition.key!r} to filter by{_hint(condition.key)}")
        values.setdefault(condition.key, []).extend(_values(condition))
    fields = {KEYS[key]: _field(key, given, now, zone) for key, given in values.items()}
    where = replace(JobFilter(), **fields)
    start, end = where.created_from_us, where.created_until_us
    if start is not None and end is not None and start > end:
        raise FilterInvalid("since is later than until: no job can match")
    return where


def is_empty(where: JobFilter) -> bool:
    """Whether the filter names every job of its app."""
    return replace(where, app=None) == JobFilter()


def _values(condition: Part) -> list[str]:
    value = condition.value.strip()
    if "\x00" in value:
        raise FilterInvalid(f"the value of {condition.key!r} holds a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FilterInvalid(f"the value of {condition.key!r} is not text that can be stored") from None
    given = [piece.strip() for piece in value.split(",")] if condition.key in MANY else [value]
    if not all(given):
        raise FilterInvalid(f"{condition.key}: needs a value, for example {_example(condition.key)}")
    return given


def _field(key: str, given: list[str], now: datetime, zone: tzinfo | None) -> object:
    if key in MANY:
        if len(given) > VALUES_MAX:
            raise FilterInvalid(f"{key}: takes at most {VALUES_MAX} values, {len(given)} were given")
        return _states(given) if key == "state" else tuple(dict.fromkeys(given))
    if key == "fact":
        return _facts(given)
    if len(set(given)) > 1:
        raise FilterInvalid(f"{key}: takes one value, {len(given)} were given: {', '.join(given)}")
    value = given[0]
    match key:
        case "since" | "until":
            return _moment(key, value, now, zone)
        case "parent":
            return _id(value)
        case _:
            return value


def _states(given: list[str]) -> tuple[State, ...]:
    chosen: list[State] = []
    for word in (value.lower() for value in given):
        if word in STATE_GROUPS:
            chosen.extend(STATE_GROUPS[word])
        elif word in {state.value for state in State}:
            chosen.append(State(word))
        else:
            known = (*(state.value for state in State), *STATE_GROUPS)
            near = nearest(word, known)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
            raise FilterInvalid(f"there is no state {word!r}; {hint}")
    return tuple(dict.fromkeys(chosen))


def _facts(given: list[str]) -> tuple[tuple[str, str], ...]:
    facts = tuple(dict.fromkeys(_fact(text) for text in given))
    if len(facts) > FACTS_MAX:
        raise FilterInvalid(f"fact: takes at most {FACTS_MAX} facts, {len(facts)} were given")
    return facts


def _fact(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise FilterInvalid(
            f"fact: {text!r} is no fact with its value; write name=value, for example {_example('fact')}"
        )
    if len(name) > FACT_NAME_MAX or len(value) > FACT_VALUE_MAX:
        raise FilterInvalid(
            f"fact: names are looked for up to {FACT_NAME_MAX} characters and values up to {FACT_VALUE_MAX}; "
            "look for longer ones as text"
        )
    return name, value


def _moment(key: str, value: str, now: datetime, zone: tzinfo | None) -> int:
    try:
        return to_us(spans.moment(value, now=now, zone=zone))
    except spans.SpanInvalid as error:
        raise FilterInvalid(f"{key}: {error}") from None


def _id(value: str) -> int:
    digits = value.removeprefix("#")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(ID_MAX)) or int(digits) > ID_MAX:
        raise FilterInvalid(f"parent: {value!r} is not the id of a job; write a number, for example parent:4711")
    return int(digits)


def _hint(key: str) -> str:
    word = key.lower().lstrip("-")
    near = SYNONYMS.get(word) or nearest(word, KEYS)
    quote = "to look for it as text, put it in double quotes"
    return f"; did you mean {near}:? ({quote})" if near else f"; there are {', '.join(KEYS)} ({quote})"


def _example(key: str) -> str:
    return {
        "state": "state:failed",
        "fact": "fact:customer=17",
        "since": "since:1d",
        "until": "until:2h",
        "parent": "parent:4711",
    }.get(key, f"{key}:mail")


def _pieces(text: str) -> Iterator[tuple[str | None, str, bool]]:
    """Words and quoted texts: (key or None, value, whether the value was quoted). A missing end quote is an error."""
    rest = text.strip()
    while rest:
        head = None
        word = rest.split(maxsplit=1)[0]
        before, colon, _ = word.partition(":")
        if colon and KEY.fullmatch(before):
            head, rest = before, rest[len(before) + 1 :]
        quoted = rest.startswith('"')
        if quoted:
            value, end, rest = rest[1:].partition('"')
            if not end:
                raise FilterInvalid('a double quote is opened and never closed: add the second "')
        else:
            value = "" if not rest or rest[0].isspace() else rest.split(maxsplit=1)[0]
            rest = rest[len(value) :]
        rest = rest.lstrip()
        if head is not None or value:
            yield head, value, quoted
