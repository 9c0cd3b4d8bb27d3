"""Time zones as they are given: by their names, or as objects of the standard library that have one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timezone
from functools import lru_cache
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from headway.model.errors import OptionUnknown, ZoneUnknown
from headway.model.nearest import nearest

ZONE_MAX_CHARS: Final = 100
ZoneLike: TypeAlias = str | ZoneInfo | timezone
"""The name of a zone, such as "Europe/Berlin", a `ZoneInfo`, or `timezone.utc`."""
OTHER_WORDS: Final = ("tz", "timezone", "time_zone", "tzinfo")
"""What `zone` is called elsewhere."""
EXAMPLE: Final = "Europe/Berlin"


def zone_of(name: Any) -> ZoneInfo:
    """The zone of that name; ZoneUnknown if there is none."""
    if not isinstance(name, str):
        raise ZoneUnknown(f"a zone is the name of one, such as {EXAMPLE!r}, not {name!r}")
    try:
        return _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"there is no zone {name[:ZONE_MAX_CHARS]!r}: {_advice(name)}"
        raise ZoneUnknown(msg) from None


def zone_name(given: Any) -> str:
    """What the zone is called, by which it is stored; ZoneUnknown if there is none, or it has no name."""
    match given:
        case ZoneInfo(key=str() as key):
            return _known(key)
        case timezone() if given == UTC:
            return "UTC"
        case ZoneInfo() | timezone():
            raise ZoneUnknown(f"a zone is stored by its name, and {given!r} has none: write one such as {EXAMPLE!r}")
        case _:
            return _known(given)


def refuse_other_words(verb: str, given: Iterable[str], known: Iterable[str] = ("zone",)) -> None:
    """OptionUnknown for whatever is given that a verb does not take, with the word that is meant."""
    for name in given:
        near = "zone" if name in OTHER_WORDS else nearest(name, known)
        hint = f": write zone={EXAMPLE!r}" if near == "zone" else f"; did you mean {near!r}?" if near else ""
        raise OptionUnknown(f"{verb}(...) has no option {name!r}{hint}")


def _known(name: Any) -> str:
    zone_of(name)
    known: str = name
    return known


def _advice(name: str) -> str:
    usual = f"write one of the IANA database, such as {EXAMPLE!r}, or 'UTC'"
    if not name or len(name) > ZONE_MAX_CHARS:
        return usual
    folded = {known.casefold(): known for known in sorted(available_timezones())}
    near = folded.get(name.casefold()) or folded.get(nearest(name.casefold(), folded) or "")
    return f"did you mean {near!r}?" if near else usual


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    if not name or len(name) > ZONE_MAX_CHARS:
        raise ValueError(name)
    return ZoneInfo(name)
