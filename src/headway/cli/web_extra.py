"""Whether the packages of the extra `web` are there, for the commands that need them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from headway.cli.exits import CommandError

PACKAGES: Final = ("starlette", "uvicorn", "jinja2", "sse_starlette", "pwdlib", "argon2")


def need_web() -> None:
    """CommandError that says what to install."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise CommandError(
            f"this needs packages that are not installed: {', '.join(missing)}", advice="pip install 'headway[web]'"
        )
