"""Measure speed and size: ``python -m bench`` (``make bench``).

Everything runs on an embedded server of its own in a temporary folder. Ratios compare measurements
of one run on the same rows; CPU is counted over all processes of the server. The report of a full
run is in docs/reference/performance.md. Not here: limits that a test checks (``tests``).
"""
