"""The figures as a table: on the screen, and recorded in docs/benchmarks.md between its two markers."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figure import Figure
from bench.process import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN = "<!-- figures of {name}: begin (written by python -m bench {name} --record) -->"
END = "<!-- figures of {name}: end -->"
HEAD = ("figure", "target", "measured", "verdict", "behind it")


def rows(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """One row per figure, as text."""
    found: list[tuple[str, ...]] = []
    for one in figures:
        measured = _number(one.measured, one.unit) if one.rounds else "-"
        spread = f" ({_plain(min(one.rounds))} to {_plain(max(one.rounds))})" if len(one.rounds) > 1 else ""
        behind = one.missing or one.detail
        found.append(
            (
                f"{one.group}: {one.name}",
                f"{one.aim} {_number(one.target, one.unit)}",
                measured + spread,
                one.verdict,
                behind,
            )
        )
    return found


def shown(figures: Sequence[Figure]) -> str:
    """For a terminal."""
    return "\n".join(
        f"{verdict:>12}  {name}\n{'':>14}measured {measured}, target {target}" + (f"; {behind}" if behind else "")
        for name, target, measured, verdict, behind in rows(figures)
    )


def markdown(figures: Sequence[Figure], facts: Sequence[tuple[str, str]]) -> str:
    """For the document."""
    lines = [*(f"- {name}: {words}" for name, words in facts), ""]
    lines += [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows(figures)]
    return "\n".join(lines)


def record(name: str, figures: Sequence[Figure], facts: Sequence[tuple[str, str]]) -> None:
    """Write the figures of a whole set between its markers; the words around them stay."""
    text = DOCUMENT.read_text(encoding="utf-8")
    begin, finish = BEGIN.format(name=name), END.format(name=name)
    before, _begin, rest = text.partition(begin)
    _old, end, after = rest.partition(finish)
    assert end, f"{DOCUMENT} has lost its markers"
    DOCUMENT.write_text(f"{before}{begin}\n\n{markdown(figures, facts)}\n\n{finish}{after}", encoding="utf-8")


def _number(value: float, unit: str) -> str:
    return f"{_plain(value)} {unit}"


def _plain(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
