"""The hold: while it is set, nothing is claimed from the store, in any process, until a person says so."""

from __future__ import annotations

from typing import Final

import msgspec

from headway.store.verbs.transaction import Transaction, as_json

HELD_SETTING: Final = "held"
BY_A_PERSON: Final = "headway hold was run"
BY_BACKUP: Final = "this is a copy that headway backup made"


class Hold(msgspec.Struct, frozen=True):
    """Since when, and why, as a half sentence."""

    at_us: int
    why: str


def hold(tx: Transaction) -> None:
    """Let nothing be claimed until `resume`; what runs goes on."""
    tx.change("set_setting", held(tx.now_us, BY_A_PERSON))


def resume(tx: Transaction) -> bool:
    """Let jobs be claimed again; whether the store was held."""
    tx.wake = True
    return tx.change("drop_setting", {"name": HELD_SETTING}) == 1


def held(at_us: int, why: str) -> dict[str, str]:
    """The setting that holds a store, for a statement's parameters."""
    return {"name": HELD_SETTING, "value": as_json(Hold(at_us, why))}


def read_hold(text: str) -> Hold:
    """What the setting says."""
    return msgspec.json.decode(text, type=Hold)
