"""Carries sealed batches from the brokers to Odoo and Odoo's signed answers back.

A bridge holds nothing that matters: whatever it forgets, the bays send again.
"""
