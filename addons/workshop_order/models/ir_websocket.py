import re

from odoo import models

ORDER = re.compile(r"workshop\.order_(\d{1,9})$")


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let a screen listen to the orders that its user may read."""
        asked = {match for name in channels if (match := ORDER.match(str(name)))}
        named = {match.string for match in asked}
        channels = [name for name in channels if str(name) not in named]
        Order = self.env["workshop.order"]
        if asked and Order.has_access("read"):
            orders = Order.browse(sorted({int(match[1]) for match in asked})).exists()
            channels.extend(orders._filtered_access("read"))
        return super()._build_bus_channel_list(channels)
