from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# Kept by Odoo from a region's name and parent; who writes them moves stores unseen.
DERIVED = {"complete_name", "parent_path"}


class WorkshopRegion(models.Model):
    _name = "workshop.region"
    _description = "Workshop Region"
    _parent_store = True
    _order = "complete_name, id"
    _rec_name = "complete_name"

    name = fields.Char(required=True)
    complete_name = fields.Char(
        "Full Name", compute="_compute_complete_name", recursive=True, store=True
    )
    parent_id = fields.Many2one(
        "workshop.region", "Parent Region", index=True, ondelete="restrict"
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("workshop.region", "parent_id", "Subregions")
    manager_ids = fields.Many2many(
        "res.users",
        "workshop_region_manager_rel",
        "region_id",
        "user_id",
        "Managers",
        help="They are allowed into every store of the region and its subregions.",
    )
    store_ids = fields.One2many("res.company", "region_id", "Stores")
    store_count = fields.Integer("Number of Stores", compute="_compute_store_count")

    _name_uniq = models.UniqueIndex(
        "(COALESCE(parent_id, 0), name)",
        "A region of this name exists already at this place.",
    )

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for region in self:
            names = (region.parent_id.complete_name, region.name)
            region.complete_name = " / ".join(name for name in names if name)

    @api.depends("store_ids")
    def _compute_store_count(self):
        for region in self:
            region.store_count = len(region._stores())

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A region cannot lie in itself."))

    @api.constrains("manager_ids")
    def _check_managers(self):
        for region in self:
            others = region.manager_ids.filtered(
                lambda user: not user.has_group(
                    "workshop_chain.workshop_chain_group_region_manager"
                )
            )
            if others:
                raise ValidationError(
                    self.env._(
                        "%(users)s cannot manage %(region)s: give them the role of a"
                        " region manager first.",
                        users=", ".join(others.mapped("name")),
                        region=region.complete_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_derived(vals)
        regions = super().create(vals_list)
        regions.manager_ids._keep_stores({})
        return regions

    def write(self, vals):
        self._check_derived(vals)
        if not {"manager_ids", "parent_id"} & set(vals):
            return super().write(vals)
        concerned = (self | self._ancestors()).manager_ids
        before = concerned._stores_below()
        result = super().write(vals)
        concerned |= (self | self._ancestors()).manager_ids
        concerned._keep_stores(before)
        return result

    def action_open_stores(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "workshop_chain.res_company_action_store"
        )
        action["domain"] = [("is_store", "=", True), ("region_id", "child_of", self.id)]
        return action

    def _check_derived(self, vals):
        if DERIVED & set(vals):
            raise UserError(
                self.env._("Give a region its name and its parent: its path follows.")
            )

    def _ancestors(self):
        return self.search([("id", "parent_of", self.ids)])

    def _stores(self):
        """Stores of these regions and everything below them."""
        # sudo: how many stores a region has is no secret, though a caller's active
        # companies may hide them.
        return (
            self.env["res.company"]
            .sudo()
            .search([("is_store", "=", True), ("region_id", "child_of", self.ids)])
        )
