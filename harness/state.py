"""The state of a campaign on disk."""

from __future__ import annotations


class StateError(Exception):
    """A state that cannot be kept or read."""
