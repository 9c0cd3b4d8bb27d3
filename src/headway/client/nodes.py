"""The half of `Jobs` that asks which processes work, and lets one of them come to rest."""

from __future__ import annotations

from headway.client.many import Acting
from headway.store.protocol import NodeRow


class Staffing(Acting):
    """Looks at the nodes of this app, and drains them."""

    def nodes(self) -> tuple[NodeRow, ...]:
        """The processes that run jobs of this app, or did within a day, as the store knows them; newest first."""
        return self.store.reader.call(self.store.reader.nodes(app=self.app))

    async def anodes(self) -> tuple[NodeRow, ...]:
        """The processes that run jobs of this app, or did within a day, as the store knows them; newest first."""
        return await self.store.reader.acall(self.store.reader.nodes(app=self.app))

    def drain_node(self, uid: str) -> bool:
        """Let a node start nothing more: what runs goes on to its end, and the node stays. False if it is no active one of this app.

        It is granted nothing from then on, whatever happens, until `undrain_node` or its process ends; what it was granted
        ahead and has not begun it gives back, uncharged.
        """
        return self.store.call(self.store.drain_node(uid, app=self.app))

    async def adrain_node(self, uid: str) -> bool:
        """The same, awaited."""
        return await self.store.acall(self.store.drain_node(uid, app=self.app))

    def undrain_node(self, uid: str) -> bool:
        """Let a draining node work again; whether it was draining."""
        return self.store.call(self.store.undrain_node(uid, app=self.app))

    async def aundrain_node(self, uid: str) -> bool:
        """Let a draining node work again; whether it was draining."""
        return await self.store.acall(self.store.undrain_node(uid, app=self.app))
