from odoo import fields


class BigInteger(fields.Integer):
    """A whole number of 64 bits: milliseconds since 1970 do not fit into Integer."""

    _column_type = ("int8", "int8")
