"""A result that is an address: where the job left what it made, as text that pages show as a link."""

from __future__ import annotations

from typing import Any, Final

SCHEMES: Final = frozenset({
    "http", "https", "ftp", "ftps", "sftp", "file", "s3", "gs", "az", "abfs", "abfss", "hdfs", "wasb", "wasbs",
})  # fmt: skip
"""What an address may begin with. Others, such as javascript: and data:, would be code or content, not a place."""
ADDRESS_MAX_CHARS: Final = 2_000
SHOWN_MAX_CHARS: Final = 60


class ResultRef(str):
    """The address of a job's result, such as `ResultRef("s3://bucket/report.pdf")`. It is a str, and stored as one.

    Making one checks nothing, so that work that is done cannot fail by it: what is no address is not stored, as any
    result that cannot be. An address has a scheme of `SCHEMES`, two slashes and something behind them, at most 2,000
    characters, and neither spaces nor control characters.
    """

    __slots__ = ()

    @property
    def scheme(self) -> str:
        """What it begins with, in small letters: s3, https, ...; empty if there is none."""
        before, found, _ = self.partition("://")
        return before.lower() if found else ""

    @property
    def problem(self) -> str | None:
        """Why it is no address, as a sentence; None for one that can be stored."""
        shown = ascii(str(self) if len(self) <= SHOWN_MAX_CHARS else self[:SHOWN_MAX_CHARS] + "...")
        if len(self) > ADDRESS_MAX_CHARS:
            return f"the address {shown} has {len(self):,} characters, the limit is {ADDRESS_MAX_CHARS:,}"
        if not self.isprintable() or " " in self:
            return (
                f"the address {shown} has spaces or characters that cannot be printed; write them with % and their code"
            )
        if self.scheme not in SCHEMES:
            return f"{shown} is no address of a result: it must begin with one of {', '.join(sorted(SCHEMES))}, and ://"
        if not self.partition("://")[2].strip("/"):
            return f"{shown} is no address of a result: nothing follows ://"
        return None

    def stored(self) -> str:
        """Its text; ValueError for what is no address."""
        problem = self.problem
        if problem is not None:
            raise ValueError(problem)
        return str.__str__(self)

    def __repr__(self) -> str:
        return f"ResultRef({str.__repr__(self)})"


def link_of(result: Any) -> str | None:
    """The address that a stored result is; None for any other. A page may make a link of it as it is."""
    return result if isinstance(result, str) and ResultRef(result).problem is None else None
