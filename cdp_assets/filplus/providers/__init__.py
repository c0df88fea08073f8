"""What outside sources report about storage providers, one folder per source."""
