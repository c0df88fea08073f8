"""Client and allocator reports: what they read, hold and store (compliance §6.1, §6.2, §6.4)."""
