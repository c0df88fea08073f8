"""Documents of a statement: CSV, PDF, the Merkle root of a month, proofs (validator §9, §15)."""
