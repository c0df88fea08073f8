"""A credential, where one client uses several: a name and the headers that prove it.

Scope: the record; not here: getting a credential (``resources.sources.github_app``), or sending it
(``resources.http.http_client``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr


@dataclass(frozen=True)
class Credential:
    """The credential of one request.

    Attributes:
        name: Key of its quota; not secret, and the same after a renewal.
        headers: Secret headers, such as a bearer token; masked in every text of this record.
    """

    name: str
    headers: Mapping[str, SecretStr] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """Return the headers as they are sent."""
        return {name: value.get_secret_value() for name, value in self.headers.items()}


ANONYMOUS = Credential("")  # adds nothing to what the client sends by itself
