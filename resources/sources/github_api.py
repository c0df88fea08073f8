"""What every question to GitHub's REST API carries.

Belongs here: the contract's version and the headers that name it. Does not: the questions
(``resources.sources.github_contents``, ``resources.sources.github_app``).
"""

from __future__ import annotations

API_VERSION = "2022-11-28"  # compliance §2.2
HEADERS = {"x-github-api-version": API_VERSION, "accept": "application/vnd.github+json"}
NOT_FOUND = 404
UNAUTHORIZED = 401
