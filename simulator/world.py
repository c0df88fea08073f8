"""Everything that one simulator server holds: clock, faults, counters and the sources.

Belongs here: putting these together. Does not: sockets (``server``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from simulator.clock import SimulatedClock
from simulator.faults import FaultBook
from simulator.filscan import Filscan
from simulator.filspark import FilSpark
from simulator.ipinfo import IpInfo
from simulator.ipni import IpniNetwork
from simulator.journal import Journal
from simulator.lotus import Lotus
from simulator.peers import Peers
from simulator.solana_chain import Geometry, SolanaChain
from simulator.url_finder import UrlFinder


@dataclass
class World:
    """The state of one server."""

    clock: SimulatedClock
    url_finder: UrlFinder
    chain: SolanaChain
    peers: Peers
    lotus: Lotus
    ipni: IpniNetwork
    ipinfo: IpInfo
    filscan: Filscan
    filspark: FilSpark
    faults: FaultBook = field(default_factory=FaultBook)
    journal: Journal = field(default_factory=Journal)


def create_world(seed: int, as_of: datetime, geometry: Geometry) -> World:
    """Return a world in which nothing was set yet."""
    clock = SimulatedClock(as_of)
    peers = Peers(seed)
    return World(
        clock=clock,
        url_finder=UrlFinder(seed, clock),
        chain=SolanaChain(seed, clock, geometry),
        peers=peers,
        lotus=Lotus(seed, peers),
        ipni=IpniNetwork(seed, peers),
        ipinfo=IpInfo(seed),
        filscan=Filscan(seed, clock),
        filspark=FilSpark(seed, clock),
    )
