"""Where the jobs of an acceptance test are: in a folder, and for those with workers of several processes on a server as well."""

import pytest

SQLITE = "sqlite"
ON_BOTH = pytest.mark.parametrize("url", [SQLITE, "postgres"], indirect=True)
"""As a module's mark: its tests run with either kind of store."""
