"""Shared by the tests of every folder."""
