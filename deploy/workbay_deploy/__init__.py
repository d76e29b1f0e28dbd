"""Set-up, supervision and the entries for tests and measurements.

Needs nothing but Debian's own Python: it runs before anything is installed.
"""
