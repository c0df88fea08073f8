"""The Lotus node and the contracts behind it: miner info, datacap left of clients."""
