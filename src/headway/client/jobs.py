"""`Jobs`: defines jobs, stores calls and asks about them. It never runs any: that is a `Worker`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headway.client.joining import Joining

if TYPE_CHECKING:
    from headway.client.direct import CommandResult


class Jobs(Joining):
    """The jobs of one application and the store that keeps them.

    `Jobs()` keeps them in `./.headway` beside the nearest pyproject.toml; `Jobs("/var/lib/shop/jobs")` in that
    directory; `Jobs("sqlite:///shop.db")` in that file; `Jobs("memory://")` in a temporary directory. Nothing is opened
    before the first use. Safe from any thread, in coroutines, and after a fork. Each method that waits for the store
    has an `a` twin for coroutines.
    """

    def run_command(self, name: str, arguments: Mapping[str, Any]) -> CommandResult:
        """Run a handler by its name here and now, from JSON arguments; nothing is stored, retried or timed out.

        Calls made with `ctx.enqueue` are dropped, as there is no attempt that they could be stored with.
        """
        from headway.client.direct import Direct

        return Direct(self, self.call_by_name(name, arguments)).run()

    async def arun_command(self, name: str, arguments: Mapping[str, Any]) -> CommandResult:
        """The same, awaited: a coroutine on the running loop, a function on a thread."""
        from headway.client.direct import Direct

        return await Direct(self, self.call_by_name(name, arguments)).arun()
