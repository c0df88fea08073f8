"""The command line ``cdp``, on which the targets of make are built."""
