"""report: what a person sees. Nothing here decides anything."""
