"""Who sits at this computer: told by where a request comes from, and only as far as nothing stands between.

An address proves little. A proxy on the same machine makes every request look local; and a page of another site may
give its own name this computer's address (DNS rebinding), so that its scripts ask here with the site's name as the
host. So the peer must be this computer, the host that was asked for must be one of its own names, and nothing may look
like a proxy. Behind a proxy that says nothing of itself even that is fooled: use a login there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

from headway.web.access import EVERYTHING, Answer, Viewer

FORWARDED: Final = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-server",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
)
"""What proxies add. One of them, even empty, and the request did not come straight."""
LOCAL_NAME: Final = "localhost"
HOST: Final = re.compile(r"(?:\[(?P<bracketed>[^\[\]]+)\]|(?P<plain>[^:\[\]]+))(?::[0-9]*)?")


class Loopback:
    """`allow=loopback`: everything for whoever sits at this computer, when no proxy stands between; nothing for others."""

    def __call__(self, request: Request) -> Answer:
        """Whether the request came from this computer itself."""
        if is_local(request):
            return Viewer(name="local", permissions=EVERYTHING)
        return Viewer(
            why="These pages are open to the computer that they run on, and this request came from elsewhere: "
            "from another address, through a proxy, or under a name that is not the computer's own."
        )


loopback: Final = Loopback()


def is_local(request: Request) -> bool:
    """Whether the request came from this computer, straight: by its peer, by the host it asked for, and through no proxy."""
    client = request.client
    if client is None or not _is_loopback(client.host):
        return False
    if request.scope.get("http_version") == "1.0" or any(name in request.headers for name in FORWARDED):
        return False  # browsers speak 1.1 and later; an older nginx speaks 1.0 and adds nothing
    return is_local_host(request.headers.getlist("host"))


def is_local_host(hosts: Sequence[str]) -> bool:
    """Whether exactly one host was asked for, and it is a name of this computer."""
    if len(hosts) != 1:
        return False
    found = HOST.fullmatch(hosts[0].strip().lower())
    name = "" if found is None else found["bracketed"] or found["plain"]
    return name == LOCAL_NAME or _is_loopback(name)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
