"""The network indexer: the crawl of advertisements, and the status of providers built from it."""
