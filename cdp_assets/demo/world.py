"""The world of the demo: its record in the state folder, and where its sources are.

Addresses are derived from the present servers and ports and never stored, so that every command
uses this world, and none another program that has taken its port. Scope: the record, the addresses,
the simulated sources as a service; not here: the steps of a demo (``cdp_assets.demo.demo``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, adopt_environment
from cdp_assets.stack.process_list import simulator_service, world_url
from cdp_assets.stack.processes import Service, Supervisor
from resources.local.state_files import read_record, write_record
from resources.postgres.database_urls import EMBEDDED, embedded, warehouse_name, with_database

Say = Callable[[str], None]

AS_OF = datetime(2026, 8, 14, 12, tzinfo=UTC)  # a Friday noon, so the running week has four days
START = datetime(2026, 7, 6, tzinfo=UTC)  # a Monday: five full weeks and the running one
SEED = 20
SOURCE_DATABASE = "dmob"
_RELAYS = ("alpha", "beta", "gamma")  # of the simulated Ethereum chain
_RECORD = "demo.json"
_PINNED = ("CDP_AS_OF", "CDP_PARTITIONS_START")  # taken from the record; addresses are derived
# A browser without a token reads the public part, from any page; no reader of a demo is throttled.
_OPEN_QUERY_LAYER = {
    "CDP_QUERY_ANONYMOUS": "cdp:read",
    "CDP_QUERY_ANONYMOUS_PER_MINUTE": "6000",
    "CDP_QUERY_CORS_ORIGINS": "*",
}
_COMPLETE, _OBSERVED, _WAREHOUSE = "complete", "periods_observed", "warehouse"


def adopt_demo(settings: Settings, say: Say = lambda _: None) -> bool:
    """Set variables that are not set as the demo recorded them; return whether that was done.

    The demo's clock would be wrong for another warehouse or another source than the demo's.

    Args:
        settings: Whose state folder, and which warehouse and source.
        say: Called with the reason why a demo of the folder is not used.

    Raises:
        BadConfiguration: The demo's record is damaged.
    """
    values = demo_environment(settings)
    if not values:
        return False
    source = settings.dmob_database_url
    variable = None
    if not is_of_warehouse(settings):
        variable = "DATABASE_URL"
    elif source is not None and source.get_secret_value() != values.get("DMOB_DATABASE_URL"):
        variable = "DMOB_DATABASE_URL"
    if variable is not None:
        say(
            f"the demo in {settings.state_dir} has another {variable}: its clock, first partition "
            "and simulated sources are not used here"
        )
        return False
    adopt_environment(values)
    return True


def is_of_warehouse(settings: Settings) -> bool:
    """Return whether the folder's demo filled the warehouse of the settings; true without a demo.

    A record of an earlier release that lacks the warehouse counts for the embedded one.
    """
    record = _record(settings)
    return not record or record.get(_WAREHOUSE, EMBEDDED) == warehouse_name(settings)


def require_warehouse_of_demo(settings: Settings) -> None:
    """Refuse a second demo of a state folder for another warehouse than the first one's.

    Raises:
        BadConfiguration: The warehouses differ; the record of the first demo would be lost.
    """
    if not is_of_warehouse(settings):
        filled = _record(settings).get(_WAREHOUSE, EMBEDDED)
        raise BadConfiguration(
            f"the demo of this state folder filled another warehouse ({filled})",
            key="DATABASE_URL",
            hint="set it as it was for that demo (unset for `embedded`), or set CDP_STATE_DIR to "
            "another folder",
        )


def _record(settings: Settings) -> dict[str, str]:
    """Return the record of this state folder's demo; empty without one."""
    path = settings.state_dir / _RECORD
    hint = "delete it; `cdp demo` writes it again, and the tables stay"
    return read_record(path, dict[str, str], hint=hint) or {}


def has_demo(settings: Settings) -> bool:
    """Return whether this state folder has the record of a demo."""
    return bool(_record(settings))


def demo_environment(settings: Settings) -> dict[str, str]:
    """Return the variables of this folder's demo; empty without one.

    Addresses are those of the present servers: the port of a stored one may belong to another
    program by now.
    """
    record = _record(settings)
    if not record:
        return {}
    pinned = {name: record[name] for name in _PINNED if name in record}
    rules, prices = rules_file(settings), prices_file(settings)
    if rules.exists():  # a demo of an earlier release has none
        pinned["CDP_SCORING_RULES_FILE"] = str(rules)
    if prices.exists():
        pinned["CDP_FX_SOURCE"] = str(prices)
    return {**pinned, **_OPEN_QUERY_LAYER, **_source_addresses(settings)}


def rules_file(settings: Settings) -> Path:
    """Return the file of the demo's scoring rules."""
    return settings.state_dir / "scoring_rules.yaml"


def prices_file(settings: Settings) -> Path:
    """Return the file of the demo's prices."""
    return settings.state_dir / "prices.csv"


def is_complete(settings: Settings) -> bool:
    """Return whether a demo was completed here; after an incomplete one all steps are repeated."""
    record = _record(settings)
    # Earlier releases stored addresses, and not whether a demo was completed.
    is_of_earlier_release = "DMOB_DATABASE_URL" in record
    return _COMPLETE in record or is_of_earlier_release


def world_services(settings: Settings) -> list[Service]:
    """Return the service of the simulated sources if the settings are a demo's, else none."""
    if not adopt_demo(settings) or settings.as_of is None:
        return []
    return [simulator_service(settings, settings.as_of.isoformat(), SEED)]


def start_world(settings: Settings, say: Say) -> None:
    """Start the simulated sources if the settings are a demo's and they do not run.

    Raises:
        BadConfiguration: Their port is taken.
    """
    Supervisor(settings).start(world_services(settings), say)


def has_observed_periods(settings: Settings) -> bool:
    """Return whether past periods were observed; once later ones exist, they cannot be again."""
    return _OBSERVED in _record(settings)


def write_demo_record(settings: Settings, *, is_complete: bool, has_observed: bool = True) -> None:
    """Write which warehouse a demo fills, whether it ended and observed past periods.

    Raises:
        BadConfiguration: The state folder cannot be written.
    """
    record = {
        "CDP_AS_OF": AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "CDP_PARTITIONS_START": START.strftime("%Y-%m-%dT%H:%M:%SZ"),
        _WAREHOUSE: warehouse_name(settings),
        **({_OBSERVED: "yes"} if has_observed else {}),
        **({_COMPLETE: "yes"} if is_complete else {}),
    }
    write_record(settings.state_dir / _RECORD, record, dict[str, str])


def _source_addresses(settings: Settings) -> dict[str, str]:
    world = world_url(settings)
    values = {
        "CDP_URL_FINDER_API_URL": f"{world}/url-finder",
        "CDP_URL_FINDER_PAIRS_PER_DAY": "300",
        "CDP_LOTUS_RPC_URL": f"{world}/lotus/v1",
        "CDP_CID_CONTACT_URL": f"{world}/cid-contact",
        "CDP_IPINFO_URL": f"{world}/ipinfo",
        "CDP_FILSCAN_API_URL": f"{world}/filscan",
        "CDP_FILSPARK_API_URL": f"{world}/filspark",
        "CDP_SOURCE_REQUESTS_PER_SECOND": "1000",
        "CDP_SOLANA_RPC_URL": f"{world}/solana",
        "CDP_JITO_KOBE_URL": f"{world}/kobe",
        "CDP_BEACON_API_URL": f"{world}/beacon",
        "CDP_ETHEREUM_RPC_URL": f"{world}/ethereum",
        "CDP_MEV_RELAY_URLS": ",".join(f"{world}/relay/{name}" for name in _RELAYS),
        "CDP_BEACONCHAIN_URL": f"{world}/beaconchain",
        "CDP_GITHUB_API_URL": f"{world}/github",
        "CDP_EDITION5_SOURCE": f"{world}/edition5",
    }
    server = server_of_source(settings)
    if server is not None:
        values["DMOB_DATABASE_URL"] = with_database(server, SOURCE_DATABASE)
    return values


def server_of_source(settings: Settings) -> str | None:
    """Return an address on the server of the source database; null before there is a server.

    The embedded one, even if DATABASE_URL names another warehouse later.
    """
    own = embedded(settings).find()
    if own is not None:
        return own.dsn("postgres")
    return settings.database_url.get_secret_value() if settings.database_url else None


def set_simulated_clock(settings: Settings, instant: datetime) -> None:
    """Set the clock of the simulated world."""
    url = f"{world_url(settings)}/control/clock"
    httpx.post(url, json={"now": instant.isoformat()}, timeout=10).raise_for_status()
