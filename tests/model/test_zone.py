"""Zones as they are given: names, objects that have one, and what is said of others."""

from datetime import UTC, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH, ZoneInfo

import pytest

from headway import ZoneUnknown, cron, every
from headway.model.timetable import CronTable


@pytest.mark.parametrize("zone", [ZoneInfo("Europe/Berlin"), "Europe/Berlin"])
def test_a_zone_is_given_by_name_or_as_an_object_that_has_one(zone: Any) -> None:
    assert cron("0 2 * * *", zone=zone) == CronTable("0 2 * * *", "Europe/Berlin")
    assert every(days=1, zone=zone).zone == "Europe/Berlin"


def test_utc_is_a_zone() -> None:
    assert cron("0 2 * * *", zone=UTC) == cron("0 2 * * *", zone=timezone.utc) == cron("0 2 * * *")  # noqa: UP017


def test_a_zone_without_a_name_is_refused() -> None:
    from importlib.resources import files

    found = next((Path(one) / "Europe/Berlin" for one in TZPATH if (Path(one) / "Europe/Berlin").exists()), None)
    data = files("tzdata.zoneinfo.Europe").joinpath("Berlin").read_bytes() if found is None else found.read_bytes()
    with pytest.raises(ZoneUnknown, match="stored by its name"):
        cron("0 2 * * *", zone=ZoneInfo.from_file(BytesIO(data)))
    with pytest.raises(ZoneUnknown, match="stored by its name"):
        cron("0 2 * * *", zone=timezone(timedelta(hours=1)))
    odd: Any = 5
    with pytest.raises(ZoneUnknown, match="not 5"):
        cron("0 2 * * *", zone=odd)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("utc", "UTC"),
    ],
)
def test_a_misspelt_zone_is_told_the_nearest(given: str, meant: str) -> None:
    with pytest.raises(ZoneUnknown, match=f"there is no zone '{given}': did you mean '{meant}'"):
        cron("0 2 * * *", zone=given)


@pytest.mark.parametrize("given", ["", "x" * 101, "../../etc/passwd", "Qqqqqq/Zzzzzz"])
def test_what_is_like_no_zone_is_told_what_to_write(given: str) -> None:
    with pytest.raises(ZoneUnknown, match="write one of the IANA database"):
        cron("0 2 * * *", zone=given)
