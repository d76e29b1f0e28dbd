"""deploy/test."""
