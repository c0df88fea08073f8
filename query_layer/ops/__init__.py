"""The service as a process: life, clock, logs, health and metrics."""
