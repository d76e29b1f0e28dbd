"""Mosquitto's configuration: mutual TLS, rights by the dynamic-security plugin."""

from pathlib import Path

from workbay_deploy.chain import Chain
from workbay_deploy.errors import SetupError

CONF = """\
listener {port} {bind}
cafile {secrets}/ca.crt
certfile {secrets}/server.crt
keyfile {secrets}/server.key
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false

plugin {plugin}
plugin_opt_config_file {secrets}/dynamic-security.json

# Nothing is kept here: a bay deletes only what Odoo has signed for.
persistence false
# Without it a round trip takes 43 ms instead of 7.
set_tcp_nodelay true
# A bay has one batch in flight and a bridge is held back by its receive maximum;
# these bounds only keep a stuck reader from eating the broker's memory.
max_inflight_messages 200
max_queued_messages 20000
max_packet_size 1048576
log_dest stdout
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%S
connection_messages true
"""


def conf_file(chain: Chain) -> Path:
    return chain.paths.etc / "mosquitto.conf"


def configure(chain: Chain) -> None:
    conf_file(chain).write_text(
        CONF.format(
            port=chain.ports.mqtt,
            bind=chain.bind,
            secrets=chain.paths.secrets / "broker",
            plugin=plugin(),
        ),
        encoding="utf-8",
    )


def plugin() -> Path:
    """The plugin's file, whatever the machine's architecture."""
    found = sorted(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
    if not found:
        raise SetupError(
            "mosquitto's dynamic-security plugin is missing: install Debian's "
            "mosquitto package, which holds it."
        )
    return found[0]
