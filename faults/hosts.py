"""Hosts of their own: network namespaces, each on a line of its own to this machine, that can be cut, dropped and slowed down."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from faults.tools import RUN_S, run

NETWORK: Final = "10.231"
HOSTS_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Host:
    """One namespace; this machine is at `here` for it."""

    name: str
    line: str
    here: str

    @property
    def wrap(self) -> Sequence[str]:
        """What runs a program there."""
        return ("ip", "netns", "exec", self.name)

    def url(self, url: str) -> str:
        """The URL of a server on this machine, as that host has to write it."""
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@{self.here}:{parts.port}"))

    def cut(self) -> None:
        """Pull the plug: nothing comes or goes, and nobody is told."""
        run(["ip", "link", "set", self.line, "down"])

    def heal(self) -> None:
        """Put it back."""
        run(["ip", "link", "set", self.line, "up"])

    def drop(self, *which: str) -> None:
        """Drop packets that the rule names, coming and going; all of them without a rule."""
        for chain in ("INPUT", "OUTPUT"):
            run([*self.wrap, "iptables", "-A", chain, *which, "-j", "DROP"])

    def drop_nothing(self) -> None:
        """Let everything through again."""
        run([*self.wrap, "iptables", "-F"])


@contextlib.contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """So many, until the block ends."""
    assert count <= HOSTS_MAX
    made: list[Host] = []
    try:
        made.extend(_make(number) for number in range(count))
        yield made
    finally:
        for host in made:
            subprocess.run(["ip", "netns", "del", host.name], capture_output=True, timeout=RUN_S, check=False)


def _make(number: int) -> Host:
    net = 4 * (os.getpid() % 60 * HOSTS_MAX + number)
    subnet = f"{NETWORK}.{net // 256 % 256}"
    here, there = f"{subnet}.{net % 256 + 1}", f"{subnet}.{net % 256 + 2}"
    host = Host(f"headway-{os.getpid()}-{number}", f"hw{os.getpid() % 100_000}o{number}", here)
    inner = host.line.replace("o", "i")
    run(["ip", "netns", "add", host.name])
    run(["ip", "link", "add", host.line, "type", "veth", "peer", "name", inner])
    run(["ip", "link", "set", inner, "netns", host.name])
    run(["ip", "addr", "add", f"{here}/30", "dev", host.line])
    run(["ip", "link", "set", host.line, "up"])
    for words in (
        ["ip", "addr", "add", f"{there}/30", "dev", inner],
        ["ip", "link", "set", inner, "up"],
        ["ip", "link", "set", "lo", "up"],
    ):
        run([*host.wrap, *words])
    return host
