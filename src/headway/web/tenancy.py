"""What a viewer may ask for who sees the jobs of one tenant only: a list of routes, and nothing that is not in it."""

from __future__ import annotations

from typing import Final

from headway.web.access import Viewer
from headway.web.problems import RequestInvalid

PAGES: Final = frozenset({
    "jobs", "jobs-bulk", "jobs-bulk-act", "job", "job-lines", "job-log", "job-cancel", "job-retry", "job-replay", "job-delete",
    "job-revise", "job-revise-act", "batches", "batch", "batch-cancel", "dashboard",
})  # fmt: skip
"""Pages and forms. The dashboard only leads to the list of jobs."""
LISTS: Final = frozenset({"jobs", "batches"})
"""Those of them that the frame leads to."""
OPERATIONS: Final = frozenset({
    "getCounts", "getMe", "getOpenapi", "listJobs", "getJob", "listLines", "getLog", "reviseJob", "deleteJob", "cancelJob",
    "retryJob", "replayJob", "enqueueJob", "actOnJobs", "followJobs", "followJob", "listBatches", "getBatch", "cancelBatch",
})  # fmt: skip
"""Operations of the API."""
OPEN: Final = PAGES | OPERATIONS


def check_open(viewer: Viewer, name: str) -> None:
    """Refuse whoever is of one tenant what tells of more than that: 404, as if it were not there."""
    if viewer.tenant is not None and name not in OPEN:
        raise RequestInvalid("there is no such page here", status=404)
