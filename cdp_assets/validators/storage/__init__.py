"""Storage: raw payloads of a fetch, and the versioned append of canonical tables."""
