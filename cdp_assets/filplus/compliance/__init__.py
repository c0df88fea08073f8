"""Weekly compliance, alerts, and weeks of derived figures (compliance §5.4, §6.5 to §6.8)."""
