"""Start-up cost of a process: import of the definitions, and of dbt.

Scope: fresh processes. Not here: warm ones (``bench.ticks``).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from statistics import median

_PROGRAM = """
import json, sys, time
import cdp_assets.definitions
definitions = (time.time(), time.process_time())
from dbt.cli.main import dbtRunner
print(json.dumps([definitions, (time.time(), time.process_time()),
    "great_expectations" in sys.modules]))
"""


def measure_starts(rounds: int) -> dict[str, object]:
    """Return medians of wall and CPU seconds, and whether great_expectations was imported."""
    runs = [_run() for _ in range(rounds)]
    return {
        "definitions_seconds": median(run[0] for run in runs),
        "definitions_cpu": median(run[1] for run in runs),
        "worker_seconds": median(run[2] for run in runs),
        "worker_cpu": median(run[3] for run in runs),
        "imports_great_expectations": any(run[4] for run in runs),
    }


def _run() -> tuple[float, float, float, float, bool]:
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True
    )
    definitions, worker, has_expectations = json.loads(done.stdout)
    return (
        definitions[0] - started,
        definitions[1],
        worker[0] - started,
        worker[1],
        bool(has_expectations),
    )


if __name__ == "__main__":
    print(json.dumps(measure_starts(**json.loads(sys.argv[1]))))
