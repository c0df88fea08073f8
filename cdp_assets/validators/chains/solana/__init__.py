"""What is fetched from Solana's sources for a period, and how it is read back from storage."""
