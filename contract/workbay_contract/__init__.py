"""What a bay, the bridge and Odoo agree on; imported by all three.

Needs only pydantic and cryptography. ``docs/contract.md`` tells the same in prose.
"""
