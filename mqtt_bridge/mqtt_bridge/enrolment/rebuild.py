"""Writes a broker's plugin file from Odoo's list alone, before that broker starts."""

from pathlib import Path

from mqtt_bridge import odoo
from mqtt_bridge.enrolment import files
from mqtt_bridge.enrolment.access import render_broker_file
from mqtt_bridge.enrolment.names import ENROLMENT
from mqtt_bridge.enrolment.service import EnrolmentOdoo
from mqtt_bridge.enrolment.settings import RebuildSettings


def rebuild(settings: RebuildSettings, path: Path) -> int:
    """:return: how many devices the broker will know.

    :raises OdooError: the list is not to be had.
    """
    with odoo.Client(
        settings.odoo_url, settings.odoo_db, settings.odoo_key_file
    ) as client:
        devices = EnrolmentOdoo(client).enrolled()
    files.write(path, render_broker_file(devices, settings.bridges, ENROLMENT), 0o600)
    return len(devices)
