"""Measure speed and size: ``python -m bench`` (``make bench``).

Everything runs on an embedded server of its own in a temporary folder. Ratios are taken within one
run on the same rows, CPU is counted over all processes of the server. The report of a full
run stands in docs/reference/performance.md. Belongs here: measuring.
Does not: limits that a test holds (``tests``), or the product.
"""
