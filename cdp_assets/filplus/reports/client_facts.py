"""What both kinds of report contain about a client: computed once per client, read by both.

Scope: the client's name, its application, its provider rows and what they add up to (compliance
§6.1, §6.2, §6.4), with the corrections R-21, R-22, R-24, R-26 and R-27; not here: statements
(``client_inputs``, ``client_deals``) or what is particular to one kind of report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import psycopg

from cdp_assets.filplus.overrides.apply_overrides import Applied, AppliedOverride, OverrideBook
from cdp_assets.filplus.report_inputs import client_deals, client_inputs, provider_inputs
from cdp_assets.filplus.report_inputs.client_inputs import Allowance, Application, VerifiedClient
from cdp_assets.filplus.reports.report_rows import ProviderRow, ReplicaRow, SharingRow
from cdp_assets.filplus.scoring.number_rules import as_double, exact, mean

_UNKNOWN_PROVIDER = provider_inputs.ProviderFacts(
    None, None, None, None, None, "NOT_REPORTING", None, None, None
)


@dataclass(frozen=True, slots=True)
class ClientParts:
    """One client as every report sees it.

    Attributes:
        client: Its id.
        rows: Its rows under each allocator, first by row id (R-27).
        allowances: Everything granted to it, first by row id.
        applications: Its bookkeeping rows, ascending by allocator.
        providers: Its provider rows, ascending by provider.
        replicas: Its data by number of replicas.
        sharing: Clients that it shares data with.
        last_spent: Newest hour with a deal; null: none.
        available_datacap: What is left on the chain; null: not observed.
        max_deviation: Of its contract; null: none, or not observed.
        application_overrides: What was applied to its applications, by allocator.
        provider_overrides: What was applied to its providers, by provider.
        digest: Hash of all of this.
    """

    client: str
    rows: Sequence[VerifiedClient]
    allowances: Sequence[Allowance]
    applications: Sequence[Application]
    providers: Sequence[ProviderRow]
    replicas: Sequence[ReplicaRow]
    sharing: Sequence[SharingRow]
    last_spent: datetime | None
    available_datacap: int | None
    max_deviation: str | None
    application_overrides: Mapping[str, Applied]
    provider_overrides: Mapping[str, Applied]
    digest: str

    @property
    def allocators(self) -> list[str]:
        """Return all of its allocators, one per row, by row id."""
        return [row.allocator for row in self.rows]

    @property
    def unique_size(self) -> int:
        """Return its unique data in bytes, over all numbers of replicas."""
        return sum(row.unique_data_size for row in self.replicas)

    def application_of(self, allocator: str | None) -> Application | None:
        """Return its application to an allocator, else its first one."""
        matching = [a for a in self.applications if a.allocator == allocator]
        return next(iter([*matching, *self.applications]), None)

    def overrides(self, allocator: str | None) -> dict[int, AppliedOverride]:
        """Return the overrides that a report with this allocator uses, by number."""
        application = self.application_of(allocator)
        found = self.application_overrides.get(application.allocator, ()) if application else ()
        of_providers = (one for each in self.provider_overrides.values() for one in each)
        return {one.override.override_id: one for one in (*found, *of_providers)}

    def uses_contract(self, allocator: str | None) -> bool:
        """Return whether its application names a smart contract that acts for it."""
        application = self.application_of(allocator)
        return application is not None and application.contract is not None

    def name(self, allocator: str | None) -> str | None:
        """Return its name: of the application, else of its rows, else their organisation (§6.2)."""
        application = self.application_of(allocator)
        names = [application.client_name if application else None]
        names += [row.name for row in self.rows]
        names += [row.org_name for row in self.rows]
        return next((clean for name in names if (clean := clean_name(name))), None)


@dataclass(frozen=True)
class ClientBatch:
    """The clients of a batch and what concerns several of them.

    Attributes:
        parts: By client.
        waits: Seconds to the next deal by client and moment of a grant.
        urls: Application of each client of the batch and of those that it shares data with.
        working_urls: By provider and client.
    """

    parts: Mapping[str, ClientParts]
    waits: Mapping[tuple[str, datetime], int]
    urls: Mapping[str, str]
    working_urls: Mapping[tuple[str, str], str]

    def average_wait(self, allowances: Iterable[Allowance]) -> Decimal | None:
        """Return the mean seconds from a grant to the next deal; null without any (R-22).

        Grants of one moment to a client count once; those that no deal followed do not count.
        """
        moments = {(a.client, a.granted_at) for a in allowances if a.counts_for_first_deal}
        return mean([Decimal(self.waits[moment]) for moment in moments if moment in self.waits])


@dataclass(frozen=True)
class CommonFacts:
    """What the clients of every batch have in common, read once.

    Attributes:
        now: The clock, UTC.
        book: Overrides of inputs that hold.
        providers: Facts by provider, overrides applied.
        provider_overrides: What was applied to them.
        texts: The same facts as text, for digests.
        chain: Datacap left and allowed deviation by client.
    """

    now: datetime
    book: OverrideBook
    providers: Mapping[str, provider_inputs.ProviderFacts]
    provider_overrides: Mapping[str, Applied]
    texts: Mapping[str, str]
    chain: Mapping[str, tuple[int | None, str | None]]

    def facts_of(self, provider: str) -> provider_inputs.ProviderFacts:
        """Return what is known of a provider, all null if nothing is."""
        return self.providers.get(provider, _UNKNOWN_PROVIDER)


def load_common(connection: psycopg.Connection, now: datetime, book: OverrideBook) -> CommonFacts:
    """Read what does not depend on the clients of a batch; overrides are applied."""
    facts, applied = book.on_providers(provider_inputs.provider_facts(connection, now))
    texts = {provider: repr(known) for provider, known in facts.items()}
    chain = client_inputs.chain_statuses(connection, now)
    return CommonFacts(now, book, facts, applied, texts, chain)


def load_clients(
    connection: psycopg.Connection, clients: Sequence[str], common: CommonFacts
) -> ClientBatch:
    """Read everything about the clients of a batch, a fixed number of statements.

    Args:
        connection: Of the warehouse.
        clients: Ids.
        common: What all batches share; its overrides are applied to what is read.
    """
    of_providers, book = common.provider_overrides, common.book
    pairs = client_deals.pair_sizes(connection, clients)
    sharing = client_deals.sharing(connection, clients)
    chosen = {*clients, *(row.other_client for rows in sharing.values() for row in rows)}
    rows = client_inputs.verified_clients(connection, clients)
    allowances = client_inputs.allowances(connection, clients)
    applications, of_applications = book.on_applications(
        client_inputs.applications(connection, clients)
    )
    replicas = client_deals.replicas(connection, clients)
    spent = client_deals.last_spent(connection, clients)
    parts = {}
    for client in clients:
        providers = [
            ProviderRow._make((*pair, *common.facts_of(pair[0]))) for pair in pairs.get(client, ())
        ]
        left, deviation = common.chain.get(client, (None, None))
        content = (
            client,
            rows.get(client, []),
            allowances.get(client, []),
            applications.get(client, []),
            providers,
            replicas.get(client, []),
            sharing.get(client, []),
            spent.get(client),
            left,
            deviation,
        )
        of_client = of_applications.get(client, {})
        of_its = {p: of_providers[p] for p in (r.provider for r in providers) if p in of_providers}
        # Plain tuples and one text per provider: half a million named tuples cost seconds to print.
        plain = [(*pair, common.texts.get(pair[0])) for pair in pairs.get(client, ())]
        digest = digest_of(
            (
                *content[:4],
                plain,
                _plain(replicas.get(client, ())),
                _plain(sharing.get(client, ())),
                *content[7:],
                # Without overrides the hash is the same as before there were any.
                *filter(None, (of_client, of_its)),
            )
        )
        parts[client] = ClientParts(*content, of_client, of_its, digest=digest)
    return ClientBatch(
        parts,
        client_deals.waits(connection, clients),
        client_inputs.application_urls(connection, sorted(chosen)),
        provider_inputs.working_urls(connection, clients, common.now),
    )


def digest_of(content: object) -> str:
    """Return the hash of plain values: equal inputs have equal hashes."""
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _plain(rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [tuple(row) for row in rows]


def clean_name(name: str | None) -> str | None:
    """Return a name without its margins; null for ``n/a`` and for nothing (§2.1)."""
    return None if name is None or name == "n/a" else name.strip() or None


def stored(value: Decimal | None) -> Decimal | None:
    """Return the value of a stored double, so that a report can be recomputed from it."""
    return exact(as_double(value))
