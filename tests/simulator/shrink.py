"""Cutting a failing script down: what is left out and not missed had nothing to do with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tests.simulator.script import Script
from tests.simulator.world import World, live

LIVES_MAX: Final = 60
"""Worlds that are lived to find a smaller script."""


def shrink(script: Script) -> tuple[World, str]:
    """The smallest failing world that was found in time, and the promise it broke; the script must fail."""
    world, words = live(script)
    if words is None:
        raise ValueError(f"seed {script.seed} breaks no promise")
    lives, size = 1, max(1, len(script.incidents) // 2)
    while size and lives < LIVES_MAX:
        at, cut = 0, False
        while at < len(script.incidents) and lives < LIVES_MAX:
            smaller = replace(script, incidents=script.incidents[:at] + script.incidents[at + size :])
            lives += 1
            other, others_words = live(smaller)
            if others_words is None:
                at += size
            else:
                script, world, words, cut = smaller, other, others_words, True
        size = size if cut and size == 1 else size // 2
    return world, words


def story(seed: int, world: World, words: str) -> str:
    """For people: what broke, what led to it, and how to see it again."""
    deeds = [f"  {one.at_us / 1e6:9.6f}  {one.deed} ({one.number})" for one in world.script.incidents]
    return "\n".join(
        [
            f"seed {seed} breaks a promise: {words}",
            f"the world: {world.script.terms}",
            f"what befell it, {len(deeds)} deeds:",
            *deeds,
            "what happened:",
            str(world.trace),
            f"again, and cut down to the deeds that matter: python -m tests.simulator --first {seed} --seeds 1",
        ]
    )
