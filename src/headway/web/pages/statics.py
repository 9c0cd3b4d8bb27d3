"""Style sheet, scripts and pictures: open to everybody, as they say nothing, and kept by browsers as long as they stay the same."""

from __future__ import annotations

import hashlib
from functools import cache
from os import PathLike, stat_result
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parents[1] / "static"
FOR_EVER: Final = "public, max-age=31536000, immutable"


@cache
def version(name: str) -> str:
    """A mark of a file's content, which is part of its address; nothing for a file that is not there."""
    try:
        return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    except OSError:
        return ""


class Statics(StaticFiles):
    """The files of the folder."""

    def __init__(self) -> None:
        """Of this package."""
        super().__init__(directory=FOLDER)

    def file_response(
        self, full_path: PathLike[str] | str, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """A file; one that was asked for by its mark may be kept."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        name = Path(full_path).relative_to(FOLDER.resolve()).as_posix()
        mark = version(name)
        asked = scope.get("query_string", b"").decode("latin-1")
        response.headers["Cache-Control"] = FOR_EVER if mark and asked == f"v={mark}" else "no-cache"
        return response
