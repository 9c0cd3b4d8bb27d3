"""Text that came from elsewhere, made safe to show on a terminal or in a log."""

from __future__ import annotations


def visible(text: str) -> str:
    """A text without line breaks and without characters that could steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def safe_lines(text: str) -> str:
    """The same for a text of several lines: line breaks and tabs stay, all else that steers a terminal goes."""
    return "\n".join(visible(line.expandtabs()) for line in text.split("\n"))
