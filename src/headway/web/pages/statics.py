"""Style sheet, scripts and pictures: open to everybody, as they say nothing, and kept by browsers as long as they stay the same."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from os import PathLike, stat_result
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parents[1] / "static"
PACKED_FROM: Final = 1_000
"""Bytes: a smaller file goes as it is."""
FOR_EVER: Final = "public, max-age=31536000, immutable"


@cache
def content(path: Path) -> bytes:
    """A file of the folder, read once: together they are less than a picture."""
    return path.read_bytes()


@cache
def packed(path: Path) -> bytes:
    """The same, packed: these files are alike for everybody and say nothing, so their length may be known."""
    return gzip.compress(content(path), mtime=0)


@cache
def version(name: str) -> str:
    """A mark of a file's content, which is part of its address; nothing for a file that is not there."""
    try:
        return hashlib.sha256(content(FOLDER / name)).hexdigest()[:12]
    except OSError:
        return ""


class Statics(StaticFiles):
    """The files of the folder."""

    def __init__(self) -> None:
        """Of this package."""
        super().__init__(directory=FOLDER)

    def file_response(
        self,
        full_path: PathLike[str] | str,
        stat_result: stat_result,  # noqa: ARG002 - the base's parameter: what was read once is what is served
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """A file; one that was asked for by its mark may be kept."""
        path = Path(full_path)
        mark = version(path.relative_to(FOLDER.resolve()).as_posix())
        asked = scope.get("query_string", b"").decode("latin-1")
        headers = {
            "ETag": f'"{mark}"',
            "Cache-Control": FOR_EVER if asked == f"v={mark}" else "no-cache",
            "Vary": "Accept-Encoding",
        }
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        body = content(path)
        if len(body) > PACKED_FROM and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            body = packed(path)
            headers |= {"Content-Encoding": "gzip", "ETag": f'"{mark}-gzip"'}
        response = Response(body, status_code, headers, media_type=kind)
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response
