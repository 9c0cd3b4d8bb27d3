"""`Jobs`: defines jobs, stores calls and asks about them. It never runs any: that is a `Worker`."""

from __future__ import annotations

from headway.client.asking import Asking


class Jobs(Asking):
    """The jobs of one application and the store that keeps them.

    `Jobs()` keeps them in `./.headway` beside the nearest pyproject.toml; `Jobs("/var/lib/shop/jobs")` in that
    directory; `Jobs("sqlite:///shop.db")` in that file; `Jobs("memory://")` in a temporary directory. Nothing is opened
    before the first use. Safe from any thread, in coroutines, and after a fork. Each method that waits for the store
    has an `a` twin for coroutines.
    """
