"""Adapters of providers: one class per protocol, found by its name in ``providers.yaml``.

A new source is one module here with one subclass of :class:`~.adapter.Adapter`, and its entries in
``providers.yaml``; nothing else changes::

    class ToyNode(Adapter):
        name = "toy_node"                         # `adapter:` in providers.yaml
        version = "v1"                            # stored with each response
        data_types = frozenset({"PERIODS", "FEES"})

        def head(self, sink, periods):            # PERIODS: where the chain is
            reply = self.clients.http.send(...)
            sink.store(reply.responses, "answer")
            return ChainHead(slot, periods.upto(slot))

        def fetch(self, data_type, archive, request):   # FEES, MEV, REWARDS, META
            archive.store(responses)              # raw first, then read
            archive.name_part("fees:7", responses)
            return rows

        @classmethod
        def read_fees(cls, stored, context):      # stored bytes -> plain observations
            for request, body in stored.parts("fees"):
                ...

What an adapter must respect:

- ``fetch`` stores each response through the archive **before** it reads it. A fetch of several
  responses names each one with ``archive.name_part(request, responses)``; the caller then writes
  the manifest that makes the fetch complete. A response that is complete by itself is stored with
  role ``answer`` (or promoted) and is not named. An error raised anywhere leaves the fetch PARTIAL,
  and it is never normalised.
- ``read_*`` gets bytes that were stored and the canonical identities of the period, no client and
  no clock: the same bytes give the same observations. It may read the fetches of another data type
  (``context.fetches_of``); it then names it in ``reads_too``, so that a change there makes the rows
  stale.
- ``present_only``: data types that the source knows for the present alone. They are fetched for the
  running period only (spec README, "Observations").
- ``fetches_by_identity`` and ``reads_by_identity``: data types for which the period's identities
  must be known before the fetch, or before its rows can be attributed.
- All amounts are int in the chain's smallest unit. ``None`` is unknown, 0 is a known zero.
- Cross-check sources (``compared:`` in ``providers.yaml``) implement ``read_alternates``; their
  numbers never become canonical rows.

Scope: the classes and their registration; not here: opening clients (``ingestion.sources``), what a
run does with a fetch (``periods``), writing rows (``canonical``).
"""

from __future__ import annotations

import importlib
import pkgutil

from cdp_assets.validators.chains.adapter import Adapter


def registered_adapters() -> dict[str, type[Adapter]]:
    """Return every adapter by name, those of this package's modules and any imported besides."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(Adapter.registered)
