"""Why a store takes no change, as whoever looks at it from outside is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from headway.store.moving.fence import FENCE_SETTING, Fence
from headway.store.moving.filling import COPYING_SETTING, Copying

DRAINING: Final = "draining"


def closed_by(setting: Callable[[str], str | None]) -> str | None:
    """What the store says to whoever writes; None when it takes changes. `setting` tells a setting by its name."""
    fenced, filled = setting(FENCE_SETTING), setting(COPYING_SETTING)
    if fenced is not None:
        fence = msgspec.json.decode(fenced, type=Fence)
        return None if fence.state == DRAINING else fence.words()
    copying = None if filled is None else msgspec.json.decode(filled, type=Copying)
    return None if copying is None or copying.done else copying.words()
