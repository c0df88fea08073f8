"""The docs page: endpoints, parameters and errors as one plain HTML page.

FastAPI's own page loads scripts from elsewhere; this one loads nothing, so it works without a
network and under a policy that forbids everything else. Scope: HTML of ``/docs``; not here: the
contract that it shows (``query_layer.http.openapi``).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from query_layer.errors import CATALOGUE

_STYLE = (
    "body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;text-align:left;vertical-align:top}"
    "tr:target{background:#ffc}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'"
)


def docs_page(openapi: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI document; every error code is an anchor."""
    title = escape(openapi["info"]["title"])
    operations = "".join(
        _operation(openapi, path, operation)
        for path, methods in openapi["paths"].items()
        for operation in methods.values()
    )
    errors = "".join(
        f'<tr id="{code}"><td><code>{code}</code></td><td>{kind.status}</td>'
        f"<td>{_text(kind.when)}</td></tr>"
        for code, kind in CATALOGUE.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title} {escape(openapi['info']['version'])}</h1>"
        f"<p>{_text(openapi['info']['description'])}</p>"
        '<p>Machine-readable: <a href="/openapi.json">/openapi.json</a></p>'
        f"<h2>Endpoints</h2>{operations}"
        "<h2>Errors</h2><table><tr><th>Code</th><th>HTTP</th><th>When</th></tr>"
        f"{errors}</table></body></html>"
    )


def _operation(openapi: Mapping[str, Any], path: str, operation: Mapping[str, Any]) -> str:
    shared = openapi["components"].get("parameters", {})
    rows = "".join(
        _parameter(shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p)
        for p in operation.get("parameters", ())
    )
    table = (
        "<table><tr><th>Parameter</th><th>Example</th><th>Meaning</th></tr>" + rows + "</table>"
        if rows
        else ""
    )
    text = _text(operation["description"])
    return f"<h3><code>GET {escape(path)}</code></h3><p>{text}</p>{table}"


def _parameter(parameter: Mapping[str, Any]) -> str:
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code></td>"
        f"<td><code>{escape(str(parameter['example']))}</code></td>"
        f"<td>{_text(parameter['description'])}</td></tr>"
    )


def _text(markdown: str) -> str:
    """Return the text of the OpenAPI document as HTML: backticks become code."""
    return re.sub(r"`+([^`]+)`+", r"<code>\1</code>", escape(markdown))
