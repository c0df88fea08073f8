"""Which allocators count in histograms, counts, averages and scores: all but metaallocators.

A metaallocator gives datacap to virtual allocators and may also have granted to a client directly
(compliance §1.1, §6.6). The dbt macro ``is_standard_allocator`` is the same condition for views.
"""

from __future__ import annotations

from typing import LiteralString

ALLOCATORS = "filplus/allocator"


def is_standard_allocator(column: LiteralString) -> LiteralString:
    """Return the SQL condition that an allocator id is not one of a metaallocator.

    An id without a row in ``filplus.allocator`` counts: nothing says that it is one.

    Args:
        column: Name of the column that holds the id, with its table's alias where it has one.
    """
    return (
        "not exists (select from filplus.allocator meta "
        f"where meta.id = {column} and meta.is_metaallocator)"
    )
