"""Names of arguments that sound like secrets, for where nobody says which are."""

from __future__ import annotations

import re
from typing import Final

SOUNDS_SECRET: Final = re.compile(
    r"(^|_)(password|passwd|pwd|passphrase|secret|token|api_?key|private_?key|credentials?|authorization|cookie)s?($|_)",
    re.IGNORECASE,
)
