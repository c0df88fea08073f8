"""Checks of client and allocator reports as plain functions (compliance §6.3, §6.4.1)."""
