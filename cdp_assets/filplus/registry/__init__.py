"""The governance repository and the allocators' bookkeeping on GitHub, and what their files say."""
