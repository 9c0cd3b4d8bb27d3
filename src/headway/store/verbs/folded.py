"""How far the figures are summed up, and what of that still holds after the clock was set back."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from headway.store.verbs.transaction import STEP_SEEN_US, Transaction

SETTING: Final = "figures"
MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
SECOND_US: Final = 1_000_000
MINUTES_KEPT_US: Final = 6 * HOUR_US
HOURS_KEPT_US: Final = 62 * DAY_US
DAYS_KEPT_US: Final = 400 * DAY_US
LAG_US: Final = 1_000_000
"""What ended later than so long ago is not summed up yet: a clock may be set back by less without anybody seeing it."""


class Folded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far it has come; written in one transaction with what was summed up, and by nobody else."""

    until_us: int = 0
    """What ended before this is in `headway_figure`."""
    months_us: int = 0
    """What ended before this is in `headway_month_count`. Less than the above only while that is counted anew."""
    minutes_us: int = 0
    """From here on there are figures of each minute."""
    hours_us: int = 0
    """And from here on of each hour."""
    wall_us: int = 0
    boot_us: int = 0
    boot_id: str = ""
    """The clocks as it came so far."""

    def kept(self, wall_us: int) -> tuple[tuple[int, int], ...]:
        """Each step of time, and from where on figures of it are kept."""
        return ((MINUTE_US, self.minutes_us), (HOUR_US, self.hours_us), (DAY_US, floor(wall_us, DAY_US) - DAYS_KEPT_US))


_decode: Final = msgspec.json.Decoder(Folded).decode


def read_folded(tx: Transaction) -> tuple[Folded, str | None]:
    """How far it has come, and the text that says so, for whoever moves it on."""
    row = tx.row("setting", {"name": SETTING})
    return (Folded(), None) if row is None else (_decode(row[0]), row[0])


def holds_until(folded: Folded, wall_us: int, boot_us: int, boot_id: str) -> int:
    """Up to where what was summed up still holds: a clock that was set back shows moments again, and more ends in them."""
    again = _shows_again(folded, wall_us, boot_us, boot_id)
    if again is None or again >= folded.until_us:
        return folded.until_us
    for step, whole_us in ((MINUTE_US, folded.minutes_us), (HOUR_US, folded.hours_us)):
        if floor(again, step) >= whole_us:
            return floor(again, step)
    return floor(again, DAY_US)


def _shows_again(folded: Folded, wall_us: int, boot_us: int, boot_id: str) -> int | None:
    """The earliest moment that the clock can have shown since then, if it was set back."""
    if boot_id != folded.boot_id or boot_us < folded.boot_us:  # the machine was started anew, then or later
        return wall_us - boot_us if wall_us < folded.until_us else None
    shown = wall_us - (boot_us - folded.boot_us)
    return shown if folded.wall_us - shown > STEP_SEEN_US else None


def taken_back(folded: Folded, until_us: int, wall_us: int) -> Folded:
    """As it is when everything from that moment on is summed up anew."""
    return replace(
        folded,
        until_us=until_us,
        months_us=0,
        minutes_us=_whole_from(folded.minutes_us, until_us, floor(wall_us, HOUR_US) - MINUTES_KEPT_US),
        hours_us=_whole_from(folded.hours_us, until_us, floor(wall_us, DAY_US) - HOURS_KEPT_US),
    )


def _whole_from(now_us: int, until_us: int, kept_us: int) -> int:
    return now_us if until_us >= now_us else max(until_us, kept_us)


def moved_on(folded: Folded, until_us: int, months_us: int, clocks: tuple[int, int, str]) -> Folded:
    """As it is when so much more is summed up; minutes and hours that are old are not kept any more."""
    wall_us, boot_us, boot_id = clocks
    return Folded(
        until_us=until_us,
        months_us=months_us,
        minutes_us=max(folded.minutes_us, floor(wall_us, HOUR_US) - MINUTES_KEPT_US),
        hours_us=max(folded.hours_us, floor(wall_us, DAY_US) - HOURS_KEPT_US),
        wall_us=wall_us,
        boot_us=boot_us,
        boot_id=boot_id,
    )


def clocks_of(tx: Transaction) -> tuple[int, int, str]:
    """Wall, boot, and which boot, as a transaction sees them."""
    return tx.now_us, tx.boot_us, tx.clock.boot_id()


def floor(us: int, step_us: int) -> int:
    """The step of time that holds this moment."""
    return us - us % step_us


def ceiling(us: int, step_us: int) -> int:
    """The end of it, or the moment itself when it is one."""
    return us + -us % step_us
