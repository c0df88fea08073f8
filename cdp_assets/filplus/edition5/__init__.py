"""The fixed statistics of edition 5: read, checked, landed."""
