"""The service as a process: start and stop, clock, logs, health and metrics."""
