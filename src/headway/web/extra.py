"""Whether what the pages and the API need is installed; imported first, to say so where it is not."""

from __future__ import annotations

try:
    import starlette  # noqa: F401 - only to say what is missing
except ModuleNotFoundError as error:
    if error.name != "starlette":
        raise
    msg = "the pages and the API need the extra `web`: pip install 'headway[web]'"
    raise ModuleNotFoundError(msg, name="starlette") from error
