"""What a walk of IPNI chains stored, and whose chains the tests publish."""

from __future__ import annotations

from dataclasses import replace

from cdp_assets.filplus.providers.ipni.assets import ADVERTISEMENTS
from simulator.providers.peers import peer_id
from simulator.server.faults import FaultRule
from tests.integration.filplus.providers.conftest import Station

A, B, C = sorted(peer_id(number) for number in range(3))


def advertised(station: Station) -> list[tuple[object, ...]]:
    return station.rows(
        "select publisher_id, sum(entries_number)::int, count(*)::int "
        "from filplus.ipni_publisher_advertisement group by 1 order by 1"
    )


def broken(station: Station) -> dict[str, str]:
    return dict(station.rows("select cid, reason from raw_ipni.broken_link"))


def failed(station: Station) -> dict[str, str]:
    return dict(
        station.rows(
            "select entity, reason from ops.failed_entities where asset_key = %s", ADVERTISEMENTS
        )
    )


def fault_at(station: Station, rule: FaultRule, path: str) -> None:
    station.simulator.world.faults.rules[:] = [replace(rule, path=path)]
