"""What a client of a source returns: the responses as received, and their value.

Scope: the pair; not here: sending (``http_client``), or reading a protocol (``resources.sources``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from resources.http.http_client import RequestResult
from resources.http.raw_response import RawResponse

T = TypeVar("T")


@dataclass(frozen=True)
class Reply(Generic[T]):
    """The responses of a source and their value.

    Attributes:
        name: The request.
        outcome: All responses as received, and the failure if none is usable.
    """

    name: str
    outcome: RequestResult
    _read: list[T]

    @property
    def responses(self) -> tuple[RawResponse, ...]:
        """All responses received, for storing before :meth:`value` is called."""
        return self.outcome.responses

    def value(self) -> T:
        """Return the value in the usable response.

        Raises:
            TransientFailure: No usable response within all tries.
            PermanentFailure: Refused, or (``InvalidSourceResponse``) of a wrong shape.
        """
        self.outcome.usable()
        return self._read[-1]
