from psycopg2.extras import execute_values

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.workshop_order import append_only
from odoo.addons.workshop_order.fields import BigInteger

from workbay_contract import merkle


class WorkshopCheckpointLeaf(models.Model):
    """How far one chain had come when a checkpoint was made: an order's or a device's.

    Only chains that grew since their last leaf get another, so a day's checkpoint costs
    what the day brought, however many orders there are.
    """

    _name = "workshop.checkpoint.leaf"
    _description = "Chain at a Checkpoint"
    _log_access = False
    _order = "checkpoint_id desc, position"
    _rec_name = "head"

    checkpoint_id = fields.Many2one(
        "workshop.checkpoint",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    position = fields.Integer(required=True, readonly=True, aggregator=None)
    order_id = fields.Many2one(
        "workshop.order", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    device_id = fields.Many2one(
        "workshop.device", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    count = BigInteger("Length", required=True, readonly=True, aggregator=None)
    head = fields.Char(required=True, readonly=True)

    _one_chain = models.Constraint(
        "CHECK ((order_id IS NULL) <> (device_id IS NULL))",
        "A leaf is of one order or of one device.",
    )
    _position_uniq = models.Constraint(
        "UNIQUE (checkpoint_id, position)", "Two leaves cannot share a place."
    )

    def init(self):
        """Have the database refuse every change of what was stated."""
        append_only.guard(self.env.cr, self._table)

    def write(self, vals):
        if self:
            raise UserError(self.env._("A checkpoint is never changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A checkpoint is never deleted."))

    @api.model
    def _grown(self):
        """The chains that are longer than at their last leaf, orders before devices.

        :return: list of (leaf's hash, order id, device id, length, head).
        """
        self.env.cr.execute(
            """
            SELECT f.order_id, NULL::integer, NULL, f.chain_count, f.chain_head
              FROM workshop_order_floor f
             WHERE f.chain_count > coalesce((
                   SELECT max(l.count)
                     FROM workshop_checkpoint_leaf l
                    WHERE l.order_id = f.order_id), 0)
             UNION ALL
            SELECT NULL, d.id, d.name, d.last_seq, d.last_seal
              FROM workshop_device d
             WHERE d.last_seq > coalesce((
                   SELECT max(l.count)
                     FROM workshop_checkpoint_leaf l
                    WHERE l.device_id = d.id), 0)
             ORDER BY 2 NULLS FIRST, 1
            """
        )
        return [
            (_leaf(order_id, device, count, head), order_id, device_id, count, head)
            for order_id, device_id, device, count, head in self.env.cr.fetchall()
        ]

    @api.model
    def _keep(self, checkpoint_id, grown):
        """Write down what a checkpoint states, for later comparison."""
        execute_values(
            self.env.cr._obj,
            """
            INSERT INTO workshop_checkpoint_leaf
                   (checkpoint_id, position, order_id, device_id, count, head)
            VALUES %s
            """,
            [
                (checkpoint_id, position, *chain)
                for position, (_hash, *chain) in enumerate(grown)
            ],
            page_size=1000,
        )

    @api.model
    def _hashes(self, checkpoint_id):
        """A checkpoint's leaves as they stand under its root."""
        self.env.cr.execute(
            """
            SELECT l.order_id, d.name, l.count, l.head
              FROM workshop_checkpoint_leaf l
              LEFT JOIN workshop_device d ON d.id = l.device_id
             WHERE l.checkpoint_id = %s
             ORDER BY l.position
            """,
            [checkpoint_id],
        )
        return [_leaf(*row) for row in self.env.cr.fetchall()]


def _leaf(order_id, device, count, head):
    if order_id:
        return merkle.order_leaf(order_id, count, head)
    return merkle.device_leaf(device, count, head)
