"""Tables, records and charts: from a part that was read to HTML.

Rows are joined text, not template code: fifty rows cost as much as their JSON. Scope: the content
of one part; not here: the frame around it (``templates/``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from query_layer.pages import addresses
from query_layer.pages.cells import bytes_text, cell_of, is_number
from query_layer.pages.chart import Line, line_chart
from query_layer.pages.part_reader import LoadedPart, PartQuery
from query_layer.registry.column import Column


def content_of(loaded: LoadedPart, here: str) -> str:
    """Return the HTML of a part that has an envelope.

    Args:
        loaded: The part.
        here: Path of the page, for the links of its order.
    """
    assert loaded.envelope is not None
    asked, data = loaded.asked, loaded.envelope["data"]
    if asked.part.form == "table":
        return _table(asked, data, here)
    return _record(asked, data) if asked.part.form == "record" else _chart(asked, data)


def label(name: str) -> str:
    """Return a column's name as words."""
    return name.replace("_", " ").capitalize()


def _columns(asked: PartQuery) -> list[Column]:
    return [asked.query.route.asset.column(name) for name in asked.query.columns]


def _table(asked: PartQuery, rows: Sequence[Mapping[str, Any]], here: str) -> str:
    columns = _columns(asked)
    asset = asked.query.route.asset
    target = addresses.row_page(asset, asked.query.columns)
    heads = "".join(_head(asked, column, here) for column in columns)
    heads += '<th scope="col">Page</th>' if target else ""
    cells = [
        (c.name, '<td class="n">' if is_number(c) else "<td>", cell_of(asset, c.name))
        for c in columns
    ]
    body = []
    for row in rows:
        line = "".join(f"{start}{cell(row[name])}</td>" for name, start, cell in cells)
        body.append(f"<tr>{line}{_row_link(target, row)}</tr>")
    if not body:
        return '<p class="empty">No rows.</p>'
    title = escape(asked.part.title)
    return (
        f'<div class="scroll" role="region" aria-label="{title}" tabindex="0"><table>'
        f'<caption class="unseen">{title}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _row_link(target: tuple[str, tuple[str, ...]] | None, row: Mapping[str, Any]) -> str:
    if target is None:
        return ""
    pattern, names = target
    href = pattern.format(*(quote(str(row[name]), safe="") for name in names))
    return f'<td><a href="{href}">open</a></td>'


def _head(asked: PartQuery, column: Column, here: str) -> str:
    query = asked.query
    text, hint = escape(label(column.name)), escape(column.description)
    number = ' class="n"' if is_number(column) else ""
    sorts = {sort.removeprefix("-") for sort in query.route.sorts}
    if not asked.is_main or column.name not in sorts:
        return f'<th scope="col" title="{hint}"{number}>{text}</th>'
    is_sorted = column.name == query.sort
    to = f"-{column.name}" if is_sorted and not query.descending else column.name
    href = escape(addresses.sorted_address(here, asked.pairs, to))
    state = f' aria-sort="{"descending" if query.descending else "ascending"}"'
    return (
        f'<th scope="col" title="{hint}"{number}{state if is_sorted else ""}>'
        f'<a href="{href}">{text}</a></th>'
    )


def _record(asked: PartQuery, row: Mapping[str, Any]) -> str:
    asset = asked.query.route.asset
    fields = "".join(
        f'<div><dt title="{escape(c.description)}">{escape(label(c.name))}</dt>'
        f"<dd>{cell_of(asset, c.name)(row[c.name])}</dd></div>"
        for c in _columns(asked)
    )
    return f'<dl class="record">{fields}</dl>'


def _chart(asked: PartQuery, rows: Sequence[Mapping[str, Any]]) -> str:
    part = asked.part
    ordered = list(reversed(rows))
    shown = [name for name in part.series if name in asked.query.columns]
    lines = [Line(label(name), [_number(row[name]) for row in ordered]) for name in shown]
    of_bytes = all(asked.query.route.asset.column(name).unit == "bytes" for name in shown)
    drawn = line_chart(
        part.title,
        [str(row[part.x]) for row in ordered],
        lines,
        _bytes if of_bytes else _short,
        1024 if of_bytes else 10,
    )
    return drawn or '<p class="empty">No values yet.</p>'


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _bytes(value: float) -> str:
    return bytes_text(int(value)).replace(".00 ", " ")


def _short(value: float) -> str:
    return f"{value:,.0f}" if 1_000 <= abs(value) < 1e9 else f"{value:.4g}"
