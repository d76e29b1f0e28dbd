import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

ROLES = (
    "hq_manager",
    "region_manager",
    "store_manager",
    "advisor",
    "parts_keeper",
    "cashier",
    "technician",
    "technician_lead",
    "qc",
)
RANKS = ("store_manager", "region_manager", "hq_manager")


class ResUsers(models.Model):
    _inherit = "res.users"

    badge_ids = fields.One2many("workshop.badge", "user_id", "Badges")
    workshop_region_ids = fields.Many2many(
        "workshop.region",
        "workshop_region_manager_rel",
        "user_id",
        "region_id",
        "Managed Regions",
    )

    @api.constrains("company_ids", "group_ids")
    def _check_never_headquarters(self):
        """Store and region staff in HQ's company would see the whole chain."""
        for user in self:
            if not user._is_store_staff():
                continue
            # sudo: who writes the user need not be allowed into those companies.
            headquarters = user.sudo().company_ids.filtered(
                lambda company: any(company.child_ids.mapped("is_store"))
            )
            if headquarters:
                raise ValidationError(
                    self.env._(
                        "%(user)s may not be allowed into %(company)s: whoever is"
                        " there sees all its stores. Leave only stores among the"
                        " allowed companies, or make the user an HQ manager.",
                        user=user.name,
                        company=", ".join(headquarters.mapped("name")),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        users._keep_stores({})
        return users

    def write(self, vals):
        result = super().write(vals)
        if {"company_ids", "group_ids", "workshop_region_ids"} & set(vals):
            self._keep_stores({})
        return result

    def issue_badge(self, valid_to=None):
        """Give the person a new badge and revoke those that he had.

        :return: the token, told this once: only its hash is kept.
        """
        self.ensure_one()
        self._check_may_issue_badge()
        token = secrets.token_urlsafe(24)
        # sudo: nobody may create badges but by this method, which has checked.
        Badge = self.env["workshop.badge"].sudo()
        now = fields.Datetime.now()
        Badge.search(
            [("user_id", "=", self.id), ("revoked", "=", False)]
        ).action_revoke()
        Badge.create(
            {
                "user_id": self.id,
                "token_hash": Badge._token_digest(token),
                "valid_from": now,
                "valid_to": valid_to,
            }
        )
        return token

    def _badge_url(self, token):
        """What the QR code on a badge says."""
        return f"{self.get_base_url()}/b/{token}"

    def _check_may_issue_badge(self):
        if self.env.su:
            return
        issuer = self.env.user
        if not issuer.has_group("workshop_chain.workshop_chain_group_store_manager"):
            raise AccessError(self.env._("Only store managers and above issue badges."))
        if not self.active or not self._workshop_roles():
            raise UserError(
                self.env._(
                    "%(user)s has no role in the workshop: give him one first.",
                    user=self.name,
                )
            )
        # sudo: of the other's companies only the common ones matter here.
        common = self.sudo().company_ids & issuer.sudo().company_ids
        if not common:
            raise AccessError(
                self.env._("%(user)s is not of your stores.", user=self.name)
            )
        self._check_badge_rank()

    def _check_badge_rank(self):
        """A badge is its bearer: nobody handles that of a person above him."""
        if self.env.su:
            return
        rank = self.env.user._workshop_rank()
        above = self.filtered(lambda user: user._workshop_rank() > rank)
        if above:
            raise AccessError(
                self.env._(
                    "The badge of %(users)s is a matter for HQ.",
                    users=", ".join(above.mapped("name")),
                )
            )

    def _workshop_roles(self):
        """Codes of the roles that the person has, sorted; implied ones included."""
        self.ensure_one()
        return sorted(
            role
            for role in ROLES
            if self.has_group(f"workshop_chain.workshop_chain_group_{role}")
        )

    def _workshop_roles_of_each(self):
        """By id, the codes of each person's roles.

        What Odoo does not know yet of their groups is read for all of them at once.
        """
        return {user.id: tuple(user._workshop_roles()) for user in self}

    def _workshop_rank(self):
        roles = self._workshop_roles()
        return max(
            (rank for rank, role in enumerate(RANKS, 1) if role in roles), default=0
        )

    def _is_hq_manager(self):
        return self._is_in("hq_manager")

    def _is_store_staff(self):
        return self._is_in("staff") and not self._is_hq_manager()

    def _is_in(self, name):
        """Like ``has_group``, which in a constraint still answers from its cache."""
        group = self.env.ref(f"workshop_chain.workshop_chain_group_{name}")
        # sudo: who may be in which store depends on it, whoever asks.
        return group in self.sudo().all_group_ids

    def _workshop_stores(self):
        """Open stores that the person is allowed into."""
        self.ensure_one()
        # sudo: the caller need not have them all active.
        return self.sudo().company_ids.filtered(lambda c: c.is_store and c.active)

    def _stores_below(self):
        """By user id: the stores that come with an HQ or region manager's office."""
        Company = self.env["res.company"].sudo()  # as _workshop_stores
        return {
            user.id: Company.search(
                [("is_store", "=", True), ("id", "child_of", user.company_ids.ids)]
            )
            if user._is_hq_manager()
            else user.workshop_region_ids._stores()
            for user in self.sudo()
        }

    def _keep_stores(self, before):
        """Allow HQ and region managers into the stores below them.

        :param before: what ``_stores_below`` said before the change that takes stores
            away; what only that office had brought goes again.
        """
        for user_id, stores in self._stores_below().items():
            # sudo: opening a store or moving it is the right that was checked; it
            # includes letting those in who stand above it.
            user = self.sudo().browse(user_id)
            gained = stores - user.company_ids
            lost = (before.get(user_id, stores) - stores) & user.company_ids
            vals = {}
            if gained or lost:
                vals["company_ids"] = [Command.link(store.id) for store in gained] + [
                    Command.unlink(store.id) for store in lost
                ]
            allowed = (user.company_ids | gained) - lost
            if user.company_id not in allowed:
                if not allowed:
                    raise UserError(
                        self.env._(
                            "%(user)s would be left without any store: take him off"
                            " the region first.",
                            user=user.name,
                        )
                    )
                vals["company_id"] = allowed[0].id
            if vals:
                user.write(vals)
