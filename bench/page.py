"""The page with the report of the last full run.

Scope: replacing its measured part. Not here: the text of the report (``bench.report``).
"""

from __future__ import annotations

from pathlib import Path

BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"
PAGE = Path("docs/reference/performance.md")


def write_page(page: Path, text: str) -> None:
    """Replace the measured part of a page.

    Raises:
        ValueError: The page has no such part.
    """
    content = page.read_text(encoding="utf-8")
    if BEGIN not in content or END not in content:
        raise ValueError(f"{page} has no lines {BEGIN} and {END}")
    before, after = content.split(BEGIN)[0], content.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")
