"""How PostgreSQL says what databases say differently."""

from __future__ import annotations

from typing import Final

from headway.store.verbs.dialect import Dialect

POSTGRES: Final = Dialect(
    texts="SELECT jsonb_array_elements_text({}::jsonb)",
    ids="SELECT jsonb_array_elements_text({}::jsonb)::bigint",
    ids_first="(SELECT jsonb_array_elements_text({parameter}::jsonb)::bigint AS value) AS {alias}",
    joined="JOIN",
    indexed="",
    held_back="",
    errors="string_agg(a.error, ' ')",
)
