"""One field of a cron expression: its range and names, and how its text becomes bits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NoReturn

WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DIGITS_MAX: Final = 2
SHOWN_MAX: Final = 20
"""How much of what is wrong an error repeats."""
NUMBER: Final = re.compile(r"[0-9]+")
WORD: Final = re.compile(r"[0-9]+|[A-Za-z]{1,3}")


class FieldInvalid(Exception):
    """What is wrong, at which character of the field."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A place in an expression."""

    name: str
    low: int
    high: int
    wraps_after: int
    """Where a range that ends before it begins goes on from `low`: 6 in weekdays, whose 7 is Sunday once more."""
    hash_high: int
    """The highest value that a plain `H` chooses: every month has a day 28."""
    says: str
    """Its range, in words."""
    names: tuple[str, ...] = ()
    """Of its values, the first of `low`."""

    @property
    def every(self) -> int:
        """All its bits."""
        return (2 << self.high) - (1 << self.low)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a field says."""

    bits: int
    interval: bool = False
    """It was written with `*`, a range or a step."""


SECOND: Final = Field(name="second", low=0, high=59, wraps_after=59, hash_high=59, says="0 to 59")
MINUTE: Final = Field(name="minute", low=0, high=59, wraps_after=59, hash_high=59, says="0 to 59")
HOUR: Final = Field(name="hour", low=0, high=23, wraps_after=23, hash_high=23, says="0 to 23")
DAY_OF_MONTH: Final = Field(
    name="day of month", low=1, high=31, wraps_after=31, hash_high=28, says="1 to 31, or L for the last"
)
MONTH: Final = Field(
    name="month", low=1, high=12, wraps_after=12, hash_high=12, says="1 to 12 or JAN to DEC", names=MONTHS
)
DAY_OF_WEEK: Final = Field(
    name="day of week",
    low=0,
    high=7,
    wraps_after=6,
    hash_high=6,
    says="0 to 7 (0 and 7 are Sunday) or SUN to SAT",
    names=WEEKDAYS,
)


def read_marks(text: str, field: Field, seed: str) -> Marks:
    """The bits of a field: FieldInvalid if it is not `*`, `H` or a list of values and ranges, with or without a step."""
    match text[0]:
        case "*" | "?":
            return Marks(_read_every(text, field), interval=True)
        case "H" | "h":
            return _read_hashed(text, field, seed)
        case _:
            return _read_list(text, field)


def read_value(text: str, at: int, field: Field) -> tuple[int, int]:
    """The number or name that stands there, and where it ends."""
    found = WORD.match(text, at)
    if found is None:
        refuse_sign(text, at, field)
    word = found[0]
    if word.isdigit():
        value = int(word) if len(word) <= DIGITS_MAX else -1
        if not field.low <= value <= field.high:
            raise FieldInvalid(at, f"{word[:SHOWN_MAX]} is out of range: the {field.name} is {field.says}")
        return value, found.end()
    name = word.upper()
    if name not in field.names:
        refuse_sign(text, at, field)
    return field.low + field.names.index(name), found.end()


def read_number(text: str, at: int, what: str, low: int, high: int) -> tuple[int, int]:
    """The plain number that stands there, and where it ends."""
    found = NUMBER.match(text, at)
    if found is None or len(found[0]) > DIGITS_MAX or not low <= int(found[0]) <= high:
        shown = "nothing" if at == len(text) else ascii(found[0][:SHOWN_MAX] if found else text[at])
        raise FieldInvalid(at, f"{what} is a number from {low} to {high}, not {shown}")
    return int(found[0]), found.end()


def refuse_sign(text: str, at: int, field: Field) -> NoReturn:
    """What stands there has no place in the field."""
    if at == len(text) or text[at] == ",":
        raise FieldInvalid(at, f"a value is missing here: the {field.name} is {field.says}")
    sign = text[at].upper()
    before = text[max(0, at - 3) : at].upper()
    alone = text[at + 1 : at + 2] in {"", ","}
    if before in field.names and text[at].isalpha() and not (sign == "L" and alone):
        reason = f"names have three letters: write {before}"
    elif sign in {"*", "?", "H"}:
        reason = f"{sign} stands alone or with a step, never in a list or a range"
    elif sign in {"L", "W"} and field is not DAY_OF_MONTH and field is not DAY_OF_WEEK:
        reason = f"{sign} has no meaning in the {field.name}: it belongs to the days"
    elif sign == "L":
        reason = "L stands alone: L, L-3 or LW as day of month, FRIL as day of week"
    elif sign == "W":
        reason = "W stands behind a single day of month and nothing else: 15W, LW"
    elif sign == "#":
        reason = "# stands between a single day of week and its number in the month and nothing else: MON#2"
    else:
        word = re.match(r"\w+|.", text[at : at + SHOWN_MAX], re.DOTALL)
        assert word is not None
        reason = f"{word[0]!a} cannot stand here: the {field.name} is {field.says}"
    raise FieldInvalid(at, reason)


def bits_of(field: Field, low: int, high: int, step: int) -> int:
    """Every `step`th value from one to the other; a range that ends before it begins goes on at the field's first value."""
    if high < low:
        return _sum([*range(low, field.wraps_after + 1), *range(field.low, high + 1)][::step])
    return (2 << high) - (1 << low) if step == 1 else _sum(range(low, high + 1, step))


def _read_every(text: str, field: Field) -> int:
    step, at = 1, 1
    if text[1:2] == "/":
        step, at = _read_step(text, 2, field, field.high)
    if at < len(text):
        refuse_sign(text, at if text[at] != "," else 0, field)
    return bits_of(field, field.low, field.high, step)


def _read_list(text: str, field: Field) -> Marks:
    bits, interval, at = 0, False, 0
    while True:
        low, at = read_value(text, at, field)
        high, step = low, 1
        sign = text[at : at + 1]
        if sign == "-":
            high, at = read_value(text, at + 1, field)
        if text[at : at + 1] == "/":
            high = high if sign == "-" else field.high
            step, at = _read_step(text, at + 1, field, field.high)
        interval = interval or sign in {"-", "/"}
        bits |= bits_of(field, low, high, step)
        if at == len(text):
            return Marks(bits, interval)
        if text[at] != ",":
            refuse_sign(text, at, field)
        at += 1


def _read_hashed(text: str, field: Field, seed: str) -> Marks:
    low, high, step, at = field.low, field.hash_high, 0, 1
    if text[1:2] == "(":
        low, at = read_value(text, 2, field)
        if text[at : at + 1] != "-":
            raise FieldInvalid(at, "H chooses within a range: write H(0-29) or H")
        end = at + 1
        high, at = read_value(text, end, field)
        if high < low:
            raise FieldInvalid(end, "the range of H ends before it begins")
        if text[at : at + 1] != ")":
            raise FieldInvalid(at, "the range of H is not closed: write ) here")
        at += 1
    if text[at : at + 1] == "/":
        step, at = _read_step(text, at + 1, field, min(field.high, high - low + 1))
    if at < len(text):
        refuse_sign(text, at if text[at] != "," else 0, field)
    chosen = low + _choice(seed, field) % (step or high - low + 1)
    return Marks(bits_of(field, chosen, high, step), interval=True) if step else Marks(1 << chosen)


def _read_step(text: str, at: int, field: Field, high: int) -> tuple[int, int]:
    return read_number(text, at, f"a step of the {field.name}", 1, high)


def _choice(seed: str, field: Field) -> int:
    """A large number that is the same for one seed and field in every process and release."""
    return int.from_bytes(sha256(f"{seed}\0{field.name}".encode("utf-8", "surrogatepass")).digest()[:8])


def _sum(values: Iterable[int]) -> int:
    bits = 0
    for value in values:
        bits |= 1 << value
    return bits
