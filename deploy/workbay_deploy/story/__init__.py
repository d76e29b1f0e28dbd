"""The story of one car on real parts: from reception to a passed quality control.

Everything in it is done as a person would: the advisor through Odoo's web session, the
technicians with paper in front of the bay's camera and a finger on the kiosk. Nothing
writes to Odoo's database past the bridge.
"""
