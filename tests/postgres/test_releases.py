"""Which releases of PostgreSQL a store can be on."""

import pytest

from headway import StorePlaceInvalid
from headway.store.postgres.connect import RELEASE_OLDEST, check_release
from headway.store.postgres.place import parse_postgres

PLACE = parse_postgres("postgresql://shop:secret@db.internal/shop")


def test_one_that_is_too_old_is_refused_with_what_to_do() -> None:
    with pytest.raises(StorePlaceInvalid) as refused:
        check_release(RELEASE_OLDEST * 10_000 - 1, PLACE)
    text = str(refused.value)
    assert f"PostgreSQL {RELEASE_OLDEST - 1}; headway needs {RELEASE_OLDEST} or later: upgrade the server" in text
    assert "secret" not in text


@pytest.mark.parametrize("version", [RELEASE_OLDEST * 10_000, 18_00_00, 25_00_01])
def test_every_later_one_is_taken(version: int) -> None:
    check_release(version, PLACE)
