"""Weekly compliance, IPNI status, histograms (compliance §6.5 to §6.8)."""
