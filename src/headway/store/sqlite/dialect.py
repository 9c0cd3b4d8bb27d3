"""How SQLite says what databases say differently."""

from __future__ import annotations

from typing import Final

from headway.store.verbs.dialect import Dialect

SQLITE: Final = Dialect(
    texts="SELECT value FROM json_each({})",
    ids="SELECT value FROM json_each({})",
    ids_first="json_each({parameter}) AS {alias}",
    joined="CROSS JOIN",
    indexed=" INDEXED BY {}",
    held_back="+",
    errors="group_concat(a.error, ' ')",
)
