"""Rules for every test: no unlisted skip, no warning from Odoo or us in the log.

A run of everything is shared by several processes.
"""

# Loaded before pytest derives module names from folders: `edge_agent/tests` must find
# the package `edge_agent`, not the folder that holds it.
import edge_agent  # noqa: F401
import mqtt_bridge  # noqa: F401

pytest_plugins = (
    "tests.support.skips",
    "tests.support.log_guard",
    "tests.support.shares",
)
