"""The parts of one simulator server: clock, faults, counters and the sources.

Scope: putting these together; not here: sockets (``http_server``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from simulator.ethereum.chain import EthereumChain, EthereumGeometry
from simulator.github.contents import GitHub, Repositories
from simulator.github.edition5 import Edition5
from simulator.github.registry_files import registry_repositories
from simulator.providers.filscan import Filscan
from simulator.providers.filspark import FilSpark
from simulator.providers.ipinfo import IpInfo
from simulator.providers.ipni import IpniNetwork
from simulator.providers.lotus import Lotus
from simulator.providers.peers import Peers
from simulator.providers.url_finder import UrlFinder
from simulator.server.clock import SimulatedClock
from simulator.server.faults import FaultBook
from simulator.server.journal import Journal
from simulator.solana.chain import Geometry, SolanaChain


@dataclass
class World:
    """The state of one server."""

    clock: SimulatedClock
    url_finder: UrlFinder
    chain: SolanaChain
    ethereum: EthereumChain
    github: GitHub
    edition5: Edition5
    peers: Peers
    lotus: Lotus
    ipni: IpniNetwork
    ipinfo: IpInfo
    filscan: Filscan
    filspark: FilSpark
    faults: FaultBook = field(default_factory=FaultBook)
    journal: Journal = field(default_factory=Journal)


def create_world(
    seed: int,
    as_of: datetime,
    geometry: Geometry,
    dmob: str | None = None,
    ethereum: EthereumGeometry | None = None,
) -> World:
    """Return a world in its initial state.

    Args:
        seed: Of everything that is generated.
        as_of: First instant of the simulated clock (UTC).
        geometry: Of the Solana chain.
        dmob: Address of the simulated source database, with the allocators and clients of the
            other sources; null = those have none.
        ethereum: Of the Ethereum chain; null = 225 slots a window.
    """
    clock = SimulatedClock(as_of)

    def repositories() -> Repositories:
        if dmob is None:
            return {}
        with psycopg.connect(dmob) as connection:
            return registry_repositories(connection)

    peers = Peers(seed)
    return World(
        clock=clock,
        url_finder=UrlFinder(seed, clock),
        chain=SolanaChain(seed, clock, geometry),
        ethereum=EthereumChain(seed, clock, ethereum or EthereumGeometry()),
        github=GitHub(clock, repositories),
        edition5=Edition5(seed),
        peers=peers,
        lotus=Lotus(seed, peers),
        ipni=IpniNetwork(seed, peers),
        ipinfo=IpInfo(seed),
        filscan=Filscan(seed, clock),
        filspark=FilSpark(seed, clock),
    )
