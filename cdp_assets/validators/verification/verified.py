"""The result of one verification, as the command line prints it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cdp_assets.units import counted

SHOWN = 5  # broken things named in full


@dataclass(frozen=True)
class Verified:
    """What was verified of one table, or of all.

    Attributes:
        what: The rule and the table.
        rows: Things that were verified.
        broken: Things that break it, the first ones in words.
        broken_count: All of them.
    """

    what: str
    rows: int
    broken: tuple[str, ...] = ()
    broken_count: int = 0

    @classmethod
    def of(cls, what: str, rows: int, broken: Iterable[str]) -> Verified:
        """Return the result for a stream of broken things; only the first are held."""
        first: list[str] = []
        count = 0
        for text in broken:
            count += 1
            if count <= SHOWN:
                first.append(text)
        return cls(what, rows, tuple(first), count)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the command."""
        if not self.broken_count:
            yield f"ok   {self.what}: {self.rows:,}"
            return
        yield f"BAD  {self.what}: {self.broken_count:,} of {self.rows:,}"
        yield from (f"       {text}" for text in self.broken)
        more = self.broken_count - len(self.broken)
        if more:
            yield f"       and {counted(more, 'more', 'more')}"
