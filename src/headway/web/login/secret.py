"""Secrets that are drawn here and known to nobody but their holder: the store keeps their digests only."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Final

SECRET_BYTES: Final = 32
"""256 bits: nobody guesses one, so a fast digest is enough."""
TOKEN_PREFIX: Final = "hw_"  # noqa: S105 - says what kind of secret follows, for people and for scanners of leaked secrets
LINK_PREFIX: Final = "hwl_"
DRAWN: Final = re.compile(r"(?:hwl?_)?[A-Za-z0-9_-]{43}")

Entropy = Callable[[int], bytes]


def drawn(entropy: Entropy, prefix: str = "") -> str:
    """A new secret."""
    return prefix + base64.urlsafe_b64encode(entropy(SECRET_BYTES)).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """What the store keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_drawn(text: str) -> bool:
    """Whether this can be a secret of ours at all: no other text is looked up."""
    return DRAWN.fullmatch(text) is not None
