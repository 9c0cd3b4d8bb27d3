"""What `import headway` costs a program that starts."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figure import Aim, Figure, Scale
from bench.process import output_of

TARGET_MS = 80.0
PROGRAM = """
import time
wall, processor = time.perf_counter(), time.process_time()
import headway
print((time.perf_counter() - wall) * 1e3, (time.process_time() - processor) * 1e3)
"""


def measure(scale: Scale) -> Sequence[Figure]:
    """In new interpreters, the compiled files being there."""
    output_of("-c", PROGRAM)
    count = max(scale.rounds, scale.of(9, 5))
    found = [[float(word) for word in output_of("-c", PROGRAM).split()] for _ in range(count)]
    times = tuple(wall for wall, _processor in found)
    least = min(processor for _wall, processor in found)
    return (
        Figure(
            group="imports",
            name="`import headway`",
            aim=Aim.AT_MOST,
            target=TARGET_MS,
            unit="ms",
            rounds=times,
            detail=f"{count} new interpreters, slowest {max(times):.0f} ms; least processor time {least:.0f} ms",
        ),
    )
