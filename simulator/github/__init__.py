"""GitHub's contents API over invented files: the registry, bookkeeping and edition-5 data."""
