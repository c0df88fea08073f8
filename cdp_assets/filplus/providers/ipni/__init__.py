"""The network indexer: the crawl of advertisements, and the status of providers made of it."""
