"""deploy/bench."""
