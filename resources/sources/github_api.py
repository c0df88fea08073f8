"""The headers that every request to GitHub's REST API carries.

Scope: the contract's version and the headers that name it; not here: the requests
(``resources.sources.github_contents``, ``resources.sources.github_app``).
"""

from __future__ import annotations

API_VERSION = "2022-11-28"  # compliance §2.2
HEADERS = {"x-github-api-version": API_VERSION, "accept": "application/vnd.github+json"}
NOT_FOUND = 404
UNAUTHORIZED = 401
