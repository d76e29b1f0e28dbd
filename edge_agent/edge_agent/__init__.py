"""The bay agent: what is scanned and confirmed at a bay becomes signed events."""

__version__ = "0.1.0"
