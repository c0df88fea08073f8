"""Weekly compliance, alerts, and weekly statistics (compliance §5.4, §6.5 to §6.8)."""
