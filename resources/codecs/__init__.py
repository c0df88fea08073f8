"""Forms that values are written in: addresses, ids, CBOR, exact JSON, multiaddrs, YAML."""
