"""Pages and a JSON API to mount in an application: `admin(jobs, allow=...)`, `api(jobs, allow=...)`.

Needs the extra `web`: pip install 'headway[web]'.
"""

from __future__ import annotations

from headway.web import extra as _extra  # noqa: F401 - first: it says what is missing
from headway.web.access import Permission, Viewer
from headway.web.app import admin, api
from headway.web.console import Look
from headway.web.health import health
from headway.web.identity import Role, Scopes
from headway.web.login.doorkeeper import Login
from headway.web.nearby import loopback

__all__ = ["Login", "Look", "Permission", "Role", "Scopes", "Viewer", "admin", "api", "health", "loopback"]
