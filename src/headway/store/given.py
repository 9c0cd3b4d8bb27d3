"""The arguments of many jobs at once: what somebody needs who shows a list of jobs, to know what must not stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headway.store.operation import Operation


class GivenReads(Protocol):
    """Reads of arguments."""

    def payloads(
        self, ids: Sequence[int], *, longest: int, tenant: str | None = None
    ) -> Operation[dict[int, str | None]]:
        """The stored arguments of these jobs, wherever they lie; None where they were removed or taken away.

        A job that is no key is gone, has arguments of more than `longest` characters, or is not of this `tenant`.
        """
        ...
