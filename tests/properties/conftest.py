"""How many examples the properties get: STACKPROOF_PROFILE is `pr` (the default) or `nightly`."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("pr", derandomize=True, max_examples=150, deadline=None)
settings.register_profile("nightly", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("STACKPROOF_PROFILE", "pr"))
