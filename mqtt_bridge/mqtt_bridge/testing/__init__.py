"""A real broker, a recording client and an Odoo of a few lines, for tests."""
