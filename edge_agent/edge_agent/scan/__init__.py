"""From camera frames to the codes in them."""

from edge_agent.scan.code import Code
from edge_agent.scan.reader import Reader
from edge_agent.scan.scanner import Scanner

__all__ = ["Code", "Reader", "Scanner"]
