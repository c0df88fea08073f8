"""The addresses of one IPNI publisher, which take turns in the order listed.

The current address is used as long as it serves. One that lacks a block moves to the end of the
list; one that does not serve at all is skipped for the rest of the run.

Scope: the current address, and why others were skipped; not here: the requests
(``crawl``), or which addresses are public (``resources.http.public_network``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from cdp_assets.errors import CdpError
from resources.http.http_client import HttpClient
from resources.http.public_network import NOT_PUBLIC, looks_public
from resources.sources.ipni import ListedProvider, Publisher

LARGEST_NUMBER_OF_ADDRESSES = 16  # real publishers list up to five; each dead one may take a minute

OpenClient = Callable[[str, bool], AbstractContextManager[HttpClient]]


class PublisherFailed(Exception):
    """The publisher, or one address of it, cannot be crawled further in this run; with the reason.

    Attributes:
        is_address: The reason is one of the address alone: the next one may serve.
    """

    def __init__(self, reason: str, *, is_address: bool = True) -> None:
        super().__init__(reason)
        self.is_address = is_address


class PublisherAddresses:
    """The addresses of one publisher during one run of the crawl.

    Args:
        listed: Whose addresses.
        open_client: Opens the client of an address, which connects to public ones only, if so set.
        only_public: Skip an address of our own network, by its text and by what its name leads to.
        stack: Closes the clients at the end of the run.
    """

    def __init__(
        self,
        listed: ListedProvider,
        open_client: OpenClient,
        stack: ExitStack,
        *,
        only_public: bool,
    ) -> None:
        self._open_client = open_client
        self._only_public = only_public
        self._stack = stack
        allowed = [url for url in listed.base_urls if not only_public or looks_public(url)]
        self._reasons = [NOT_PUBLIC] * (len(listed.base_urls) - len(allowed))
        self._waiting: deque[str | Publisher] = deque(allowed[:LARGEST_NUMBER_OF_ADDRESSES])
        self._skipped: list[Publisher] = []

    def current(self) -> Publisher:
        """Return the publisher at the address whose turn it is.

        Raises:
            PublisherFailed: No address is left; the text has the reason of each.
        """
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, Publisher):
                return first
            try:
                self._waiting[0] = self._open(first)
            except PublisherFailed as failure:
                self._waiting.popleft()
                self._reasons.append(str(failure))
        raise PublisherFailed(self._why_none(), is_address=False)

    @property
    def number_left(self) -> int:
        """How many addresses are not skipped."""
        return len(self._waiting)

    @property
    def has_skipped(self) -> bool:
        """Whether an address failed in this run: it may have what the others lack."""
        return bool(self._skipped)

    def pass_on(self) -> None:
        """Give the turn to the next address; the current one comes last."""
        self._waiting.rotate(-1)

    def skip(self, failure: PublisherFailed) -> None:
        """Give the current address up, with its reason; the next one has its turn."""
        self._reasons.append(str(failure))
        self._skipped.append(self.current())
        self._waiting.popleft()

    def restore(self) -> None:
        """Let the skipped addresses take turns again: one may lack its head and serve the rest."""
        self._waiting.extend(self._skipped)
        self._skipped.clear()

    def _open(self, url: str) -> Publisher:
        try:
            client = self._stack.enter_context(self._open_client(url, self._only_public))
        except (CdpError, ValueError):
            raise PublisherFailed("the address of its publisher cannot be requested") from None
        return Publisher(client)

    def _why_none(self) -> str:
        if len(self._reasons) <= 1:
            return self._reasons[0] if self._reasons else "no address of its publisher speaks HTTP"
        reasons = "; ".join(f"{number}: {one}" for number, one in enumerate(self._reasons, 1))
        return f"none of its publisher's {len(self._reasons)} addresses serves it ({reasons})"
