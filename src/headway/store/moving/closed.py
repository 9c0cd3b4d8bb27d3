"""Why a store takes no change, as whoever does not write is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from headway.store.moving.fence import FENCE_SETTING, Fence
from headway.store.moving.filling import COPYING_SETTING, Copying
from headway.store.operation import Operation

if TYPE_CHECKING:
    from headway.store.verbs.transaction import Transaction


def closed() -> Operation[str | None]:
    """To be asked of a reader."""

    def run(tx: Transaction) -> str | None:
        def setting(name: str) -> str | None:
            row = tx.row("setting", {"name": name})
            return None if row is None else row[0]

        return closed_by(setting)

    return Operation("closed", run)


def closed_by(setting: Callable[[str], str | None]) -> str | None:
    """What the store says to whoever writes; None when it takes changes. `setting` tells a setting by its name."""
    fenced, filled = setting(FENCE_SETTING), setting(COPYING_SETTING)
    if fenced is not None:
        fence = msgspec.json.decode(fenced, type=Fence)
        return None if fence.state == "draining" else fence.words()
    copying = None if filled is None else msgspec.json.decode(filled, type=Copying)
    return None if copying is None or copying.done else copying.words()
