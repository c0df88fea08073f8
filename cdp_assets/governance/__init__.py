"""Who did what, and why: the audit log of everything that people change."""
