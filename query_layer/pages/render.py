"""Rendering: templates with everything escaped, the style sheet, and the pages' headers.

Scope: from a context to bytes; not here: the context (``query_layer.pages.page_handler``).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from query_layer.auth.claims import Claims
from query_layer.pages.cells import instant_text
from query_layer.pages.page import PREFIX
from query_layer.pages.site import navigation

HTML = "text/html; charset=utf-8"
STYLE_PATH = "/pages.css"
# Nothing but our own style sheet is loaded; no script runs.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_FOLDER = Path(__file__).parent


@cache
def style_sheet() -> bytes:
    """Return the style sheet of all pages."""
    return (_FOLDER / "styles" / "pages.css").read_bytes()


@cache
def _style_address() -> str:
    return f"{STYLE_PATH}?v={hashlib.blake2b(style_sheet(), digest_size=6).hexdigest()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["instant"] = instant_text
    return environment


def render(template: str, claims: Claims, here: str, **context: Any) -> bytes:
    """Return a page.

    Args:
        template: File of ``templates/``.
        claims: The caller, for navigation and sign-out.
        here: Path and query of the page, to return to after signing in.
        context: What the template shows.
    """
    text = (
        _environment()
        .get_template(template)
        .render(
            style=_style_address(),
            prefix=PREFIX,
            groups=navigation(claims),
            claims=claims,
            here=here,
            path=here.partition("?")[0],
            sign_in=f"/sign-in?next={quote(here, safe='')}",
            **context,
        )
    )
    return text.encode()
