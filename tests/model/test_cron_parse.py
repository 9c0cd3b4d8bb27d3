"""What is a cron expression and what is refused, with the character and the advice."""

from __future__ import annotations

import pytest

from headway.model.cron import MACROS, TEXT_MAX_CHARS, parse
from headway.model.errors import CronInvalid, OptionInvalid


def bits(*values):
    return sum(1 << value for value in values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", [0]),
        ("00", [0]),
        ("59", [59]),
        ("1,2,3", [1, 2, 3]),
        ("*", range(60)),
        ("?", range(60)),
        ("*/15", [0, 15, 30, 45]),
        ("?/30", [0, 30]),
        ("5/15", [5, 20, 35, 50]),
        ("5-7", [5, 6, 7]),
        ("0-20/10", [0, 10, 20]),
        ("57-2", [57, 58, 59, 0, 1, 2]),
        ("45-15/10", [45, 55, 5, 15]),
        ("30,45-55/5,1", [1, 30, 45, 50, 55]),
        ("7-7", [7]),
        ("*/59", [0, 59]),
    ],
)
def test_minutes(text, expected):
    assert bits(*expected) == parse(f"{text} * * * *").mask.minutes
    assert bits(*expected) == parse(f"{text} 0 * * * *").mask.seconds
