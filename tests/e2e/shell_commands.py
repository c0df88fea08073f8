"""`cdp` for the shells of a documentation page: their commands start with the libraries loaded.

A page's block runs in a real shell, with its pipes and exit codes. Belongs here: what such a shell
finds as `cdp`. Does not: how the process starts (``preloaded_process``), or what pages say.
"""

from __future__ import annotations

import json
import socketserver
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.preloaded_process import PreloadedProcess

# It hands over what a started program gets, and ends as the command ends.
_PROGRAM = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    request = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()])
    server.sendall(request.encode() + b"\\n")
    code, text = json.loads(server.makefile().readline())
sys.stdout.buffer.write(text.encode())
sys.exit(code)
"""


@contextmanager
def preloaded_cdp() -> Iterator[Path]:
    """Yield a folder for the front of ``PATH``: its `cdp` runs in a process with the libraries."""
    with tempfile.TemporaryDirectory(prefix="cdp-shell-") as name:
        folder = Path(name)
        address = str(folder / "socket")
        program = folder / "cdp"
        program.write_text(_PROGRAM.format(python=sys.executable, address=address))
        program.chmod(0o700)
        with socketserver.ThreadingUnixStreamServer(address, _Command) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield folder
            finally:
                server.shutdown()
                thread.join()


class _Command(socketserver.StreamRequestHandler):
    """Run one command to its end and tell its exit code and what it printed."""

    def handle(self) -> None:
        arguments, environment, folder = json.loads(self.rfile.readline())
        with tempfile.TemporaryDirectory() as own:
            output = Path(own, "output")
            process = PreloadedProcess(arguments, environment, Path(folder), output)
            try:
                code = process.wait()
            finally:
                process.kill()
            said = [code % 256, output.read_text()]
        self.wfile.write(json.dumps(said).encode() + b"\n")
