"""Passwords: hashed with Argon2, off the event loop, and checked at the same cost whether the user is known or not."""

from __future__ import annotations

import logging
import unicodedata
from typing import Final

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

from headway.model.errors import OptionInvalid

log = logging.getLogger("headway.web")

SHORTEST: Final = 10
LONGEST: Final = 1024
"""Characters. Whoever sends more is not hashed."""
AT_ONCE: Final = 2
"""Hashes that are made at the same time: each takes 64 MiB and a core."""
NOBODYS: Final = "nobody's password"
"""Opens nothing: its hash stands in where there is no user."""


def checked(password: str) -> str:
    """A password as it is hashed; OptionInvalid if it is too short, too long or holds control characters."""
    text = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise OptionInvalid(f"a password has {SHORTEST} to {LONGEST} characters, not {len(text)}")
    if not text.isprintable():
        raise OptionInvalid("a password holds no control characters, such as a new line")
    return text


def hashed(password: str) -> str:
    """The hash of a new password. Takes a good part of a second."""
    return PasswordHash.recommended().hash(checked(password))


class Passwords:
    """Checks passwords, a few at a time."""

    def __init__(self) -> None:
        """With nothing checked yet."""
        self._hash = PasswordHash.recommended()
        self._limit = CapacityLimiter(AT_ONCE)
        self._nobodys: str | None = None

    async def fits(self, password: str, known: str | None) -> bool:
        """Whether this is the password of this hash. None for the hash: it is not, and that takes as long to say."""
        return await to_thread.run_sync(self._fits, password, known, limiter=self._limit)

    def _fits(self, password: str, known: str | None) -> bool:
        if self._nobodys is None:
            self._nobodys = self._hash.hash(NOBODYS)
        text = unicodedata.normalize("NFC", password)[:LONGEST]
        try:
            fits = self._hash.verify(text, known or self._nobodys)
        except PwdlibError:
            log.exception("the stored hash of a password cannot be read, so it opens nothing")
            return False
        return fits and known is not None and len(password) <= LONGEST
