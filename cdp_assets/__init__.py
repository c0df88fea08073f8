"""The asset graph: what is computed, from what, when, and how it is checked."""

import warnings

# The framework calls this argument beta on every asset that has it; the release is pinned.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`")
