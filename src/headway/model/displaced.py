"""What is wrong with a store that is whole, but not to be used as it is: it lies elsewhere now, or its tables are old."""

from __future__ import annotations

from headway.model.errors import StoreError


class StoreMoved(StoreError):
    """The store <place> has moved to <place>, or is being copied there since <moment>. Nothing was stored."""


class SchemaTooOld(StoreError):
    """The store <place> has schema <n>, this headway needs <m> and may not bring it up to date: run headway migrate."""
