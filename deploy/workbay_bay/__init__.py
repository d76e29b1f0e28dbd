"""Sets one bay up on Raspberry Pi OS, brings it newer versions, and takes both back.

Standard library only, with what it shares of ``workbay_deploy``; docs/operations.md
tells how it is used. A release is a folder of its own, ``current`` a link to one of
them: nothing that runs is ever changed in place.
"""
