"""Endpoints of an ASGI application as jobs: `shop = Endpoints(jobs, app, name="shop")`, `shop.enqueue("POST", "/orders", json=...)`.

Needs no extra: any ASGI application will do.
"""

from __future__ import annotations

from headway.contrib.asgi.answer import Answer
from headway.contrib.asgi.endpoints import Endpoints
from headway.contrib.asgi.wanted import Method, Query

__all__ = ["Answer", "Endpoints", "Method", "Query"]
