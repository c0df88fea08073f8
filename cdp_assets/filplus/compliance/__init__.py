"""Weekly compliance, histograms and alerts (compliance §6.5, §6.6, §6.8)."""
