"""One HTTP server on loopback that speaks the protocols of all simulated sources.

Scope: mounting the sources, and running the server in a thread; not here: the process
(``__main__``), the sources themselves.

Base URLs: ``{url}/url-finder`` (URL finder), ``{url}/lotus/v1`` (JSON-RPC), ``{url}/cid-contact``
(network indexer; its publishers are below ``/ipni`` and ``/ipni-provider``), ``{url}/ipinfo`` (IP
location), ``{url}/filscan``, ``{url}/filspark``, ``{url}/github`` (REST), ``{url}/edition5``
(files), ``{url}/solana`` (JSON-RPC), ``{url}/kobe``, ``{url}/solana-beach``, ``{url}/stakewiz``,
``{url}/trillium``, ``{url}/marinade``, ``{url}/fx-rates/prices``, ``{url}/beacon`` (Beacon API),
``{url}/ethereum`` (JSON-RPC), ``{url}/relay/{alpha,beta,gamma}`` (MEV-Boost relays),
``{url}/beaconchain`` (explorer), ``{url}/control``.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from types import TracebackType

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from simulator.ethereum.beacon_node import BeaconNode
from simulator.ethereum.chain import EthereumGeometry
from simulator.ethereum.execution_node import ExecutionNode
from simulator.ethereum.explorer import Explorer
from simulator.ethereum.relays import Relays
from simulator.providers.fx_rates import FxRates
from simulator.server.control import Control
from simulator.server.fault_delivery import FaultDelivery, OpenProtocol
from simulator.server.named_world import NamedWorld
from simulator.server.world import World, create_world
from simulator.solana.chain import Geometry
from simulator.solana.kobe import Kobe
from simulator.solana.marinade import Marinade
from simulator.solana.node import SolanaNode
from simulator.solana.solana_beach import SolanaBeach
from simulator.solana.stakewiz import Stakewiz
from simulator.solana.trillium import Trillium

_START_SECONDS = 30.0
_TICK_SECONDS = 0.1  # uvicorn's own: every tenth renews the header `Date`
_CLOSING_SECONDS = 0.002


class _PromptServer(uvicorn.Server):
    """A server that ends when it is told to: uvicorn's own sleeps 100 ms twice before it does."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(_CLOSING_SECONDS)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


class SimulatorServer:
    """The server as a context manager; it runs in a thread of its own.

    Args:
        port: Loopback port; 0 takes a free one.
        seed: Of everything that is generated.
        as_of: First instant of the simulated clock (UTC).
        slots_per_epoch: Length of the generated Solana epochs, a multiple of 16 from 48.
        epoch_seconds: How long such an epoch takes on the simulated clock.
        world_name: First part of every path that callers may put before those above, so that
            another simulator on the same port refuses them; empty for none.
        dmob: Address of the simulated source database, for sources that speak of its actors.
        ethereum: Of the Ethereum chain; null = 225 slots a window.

    Attributes:
        url: Base address without a slash at its end, known after the start.
        world: The state, for tests in the same process.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        seed: int,
        as_of: datetime,
        slots_per_epoch: int = 96,
        epoch_seconds: int = 172_800,
        world_name: str = "",
        dmob: str | None = None,
        ethereum: EthereumGeometry | None = None,
    ) -> None:
        geometry = Geometry(slots_per_epoch=slots_per_epoch, epoch_seconds=epoch_seconds)
        self.world: World = create_world(seed, as_of, geometry, dmob, ethereum)
        self.url = ""
        self._port = port
        self._prefix = f"/{world_name}" if world_name else ""
        self._ready = threading.Event()
        self._closing = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> SimulatorServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, and return once requests are served.

        Raises:
            OSError: The port is taken.
            TimeoutError: The server did not come up.
        """
        # With the protocol named, asyncio sends small responses at once instead of after 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self._port))
            listener.listen(128)
        except OSError:
            listener.close()
            raise
        application = NamedWorld(
            FaultDelivery(
                self._application(),
                self.world.faults,
                self.world.journal,
                self._closing,
                self.world.clock,
            ),
            self._prefix,
        )
        config = uvicorn.Config(
            application,
            http=OpenProtocol,
            loop="asyncio",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
        )
        self._server = _PromptServer(config, self._closing)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="simulator", daemon=True
        )
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise TimeoutError("the simulator did not start")
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def stop(self) -> None:
        """End the server; pending responses are dropped. A second call does nothing."""
        if self._server is None or self._thread is None or self._loop is None:
            return
        self._server.should_exit = True
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._server = None

    def _application(self) -> Starlette:
        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            yield

        routes: list[BaseRoute] = [
            Mount("/url-finder", routes=self.world.url_finder.routes()),
            Mount("/edition5", routes=self.world.edition5.routes()),
            Mount("/github", routes=self.world.github.routes()),
            Mount("/lotus", routes=self.world.lotus.routes()),
            Mount("/ipinfo", routes=self.world.ipinfo.routes()),
            Mount("/filscan", routes=self.world.filscan.routes()),
            Mount("/filspark", routes=self.world.filspark.routes()),
            Mount("/fx-rates", routes=FxRates(self.world.chain.seed, self.world.clock).routes()),
            Mount("/kobe", routes=Kobe(self.world.chain).routes()),
            Mount("/solana-beach", routes=SolanaBeach(self.world.chain).routes()),
            Mount("/stakewiz", routes=Stakewiz(self.world.chain).routes()),
            Mount("/trillium", routes=Trillium(self.world.chain).routes()),
            Mount("/marinade", routes=Marinade(self.world.chain).routes()),
            Mount("/beacon", routes=BeaconNode(self.world.ethereum).routes()),
            Mount("/relay", routes=Relays(self.world.ethereum).routes()),
            Mount("/beaconchain", routes=Explorer(self.world.ethereum).routes()),
            *ExecutionNode(self.world.ethereum).routes(),
            *self.world.ipni.routes(),
            *SolanaNode(self.world.chain).routes(),
            *Control(self.world).routes(),
        ]
        return Starlette(routes=routes, lifespan=lifespan)
