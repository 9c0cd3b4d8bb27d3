"""What people did cannot be rewritten, also not by SQL."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from headway.store.acting import Act
from headway.store.place import MAIN_FILE
from tests.conformance.world import World

ACT = Act(kind="cancel", subject="job", subject_id="1", app=None, by="ann", via="pages")


@pytest.mark.parametrize(
    "text", ["UPDATE headway_act SET actor = 'bob'", "DELETE FROM headway_act"], ids=["changed", "forgotten"]
)
def test_what_people_did_is_neither_changed_nor_forgotten(world: World, text: str) -> None:
    world.store.call(world.store.note_act(ACT))
    with closing(sqlite3.connect(Path(world.store.place) / MAIN_FILE)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="what people did"):
            connection.execute(text)
        connection.commit()
    (row,) = world.store.reader.call(world.store.reader.acts())
    assert row.act == ACT
