"""From camera frames to the texts of the codes in them."""

from edge_agent.scan.reader import Reader
from edge_agent.scan.scanner import Scanner

__all__ = ["Reader", "Scanner"]
