"""What outside sources say of storage providers, one folder per source."""
