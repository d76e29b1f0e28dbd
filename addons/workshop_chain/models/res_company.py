from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools import STORE_CODE, emptiest_partition

FIXED = ("is_store", "store_code", "partition")


class ResCompany(models.Model):
    _inherit = "res.company"

    is_store = fields.Boolean(readonly=True, copy=False)
    store_code = fields.Char(
        readonly=True,
        copy=False,
        help="Two to four capital letters or digits; warehouse and journals bear it.",
    )
    region_id = fields.Many2one("workshop.region", index=True, ondelete="restrict")
    partition = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="Which share of the message traffic carries the store, from 0 to 63.",
    )
    bay_ids = fields.One2many("workshop.bay", "company_id", "Bays")

    _store_code_uniq = models.UniqueIndex(
        "(store_code) WHERE store_code IS NOT NULL", "Another store has this code."
    )
    _partition_range = models.Constraint(
        "CHECK (partition BETWEEN 0 AND 63)", "A partition lies between 0 and 63."
    )
    _store_complete = models.Constraint(
        "CHECK (is_store IS NOT TRUE OR"
        " (store_code IS NOT NULL AND partition IS NOT NULL))",
        "A store needs its code and its partition.",
    )

    @api.constrains("is_store", "store_code")
    def _check_store_code(self):
        for company in self.filtered("is_store"):
            self._check_is_store_code(company.store_code)

    @api.constrains("is_store", "region_id")
    def _check_region(self):
        for company in self.filtered("is_store"):
            if not company.region_id:
                raise ValidationError(
                    self.env._("%(store)s needs a region.", store=company.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        stores = companies.filtered("is_store")
        stores._users_above()._keep_stores({})
        return companies

    def write(self, vals):
        self._check_fixed(vals)
        if "region_id" not in vals:
            return super().write(vals)
        concerned = self._users_above()
        before = concerned._stores_below()
        result = super().write(vals)
        (concerned | self._users_above())._keep_stores(before)
        return result

    @api.model
    def open_store(self, vals):
        """Open a store below HQ, or complete one that was opened before.

        :param dict vals: ``store_code``, ``name``, ``region_id``; optional
            ``parent_id`` (HQ; the caller's root company), ``tz``, ``street``,
            ``street2``, ``city``, ``zip``, ``state_id``, ``phone``, ``email``,
            ``partition``.
        :return: the store's company.
        """
        if not self.env.su and not self.env.user.has_group(
            "workshop_chain.workshop_chain_group_hq_manager"
        ):
            raise AccessError(self.env._("Only HQ managers open stores."))
        parent = self.browse(vals.get("parent_id")) or self.env.company.root_id
        if not self.env.su and parent not in self.env.user.company_ids:
            raise AccessError(self.env._("You are not of that headquarters."))
        # sudo: opening a store makes a company, accounts' journals, a warehouse and
        # lets users in; the right to all of it at once was checked above.
        store = (
            self.sudo()
            .with_company(parent)
            ._open_store({**vals, "parent_id": parent.id})
        )
        return store.with_env(self.env)

    def _users_above(self):
        """Who may have an office above these companies: HQ's and regions' managers."""
        # sudo: whoever moves a store need not see the users concerned.
        users = self.env["res.users"].sudo()
        headquarters = self.env.ref("workshop_chain.workshop_chain_group_hq_manager")
        return users.concat(
            headquarters.sudo().all_user_ids,
            self.sudo().region_id._ancestors().manager_ids,
        )

    def _check_fixed(self, vals):
        """What messages, journals and papers name a store by never changes."""
        for company in self.filtered("is_store"):
            changed = [
                name for name in FIXED if name in vals and vals[name] != company[name]
            ]
            if changed:
                raise UserError(
                    self.env._(
                        "The store %(store)s keeps its code and partition for ever:"
                        " open a new store instead.",
                        store=company.name,
                    )
                )
        others = self.filtered(lambda company: not company.is_store)
        if others and any(vals.get(name) for name in FIXED):
            raise UserError(
                self.env._("A company becomes a store only by opening a store.")
            )

    @api.model
    def _check_is_store_code(self, code):
        if not STORE_CODE.fullmatch(code or ""):
            raise ValidationError(
                self.env._(
                    "“%(code)s” is no store code: take two to four capital letters or"
                    " digits, like GZ01.",
                    code=code or "",
                )
            )

    # Opening, step by step: each step finds what it made before, so that a run which
    # was interrupted can be repeated.

    @api.model
    def _open_store(self, vals):
        """Make or complete the store; runs as superuser. Addons extend it."""
        parent = self.browse(vals["parent_id"])
        self._check_can_open_below(parent)
        self._check_is_store_code(vals.get("store_code"))
        store = self.search([("store_code", "=", vals["store_code"])])
        if store and store.parent_id != parent:
            raise UserError(
                self.env._(
                    "The code %(code)s belongs to %(store)s already.",
                    code=store.store_code,
                    store=store.name,
                )
            )
        if not store:
            store = self.create(self._prepare_store_vals(parent, vals))
            self._check_staff_of(parent)
        store._open_address(vals)
        # Odoo loads HQ's chart for a branch before commit: have it done by now, since
        # the journals need its accounts.
        self.env.cr.flush()
        store._open_warehouse()
        store._open_journals()
        store._open_calendar(vals.get("tz"))
        store._users_above()._keep_stores({})
        return store

    @api.model
    def _check_can_open_below(self, parent):
        if parent.parent_id or parent.is_store:
            raise UserError(
                self.env._(
                    "%(company)s is no headquarters: open the store below its root.",
                    company=parent.name,
                )
            )
        if not parent.chart_template:
            raise UserError(
                self.env._(
                    "%(company)s has no chart of accounts: load one before its first"
                    " store opens.",
                    company=parent.name,
                )
            )

    @api.model
    def _check_staff_of(self, parent):
        """With its first store a company becomes HQ, where only HQ's people belong."""
        self.env["res.users"].search(
            [("company_ids", "in", parent.ids)]
        )._check_never_headquarters()

    @api.model
    def _prepare_store_vals(self, parent, vals):
        code, name = vals["store_code"], vals.get("name") or ""
        partition = vals.get("partition")
        if partition is None:
            partition = emptiest_partition(
                self.with_context(active_test=False)
                .search([("is_store", "=", True)])
                .mapped("partition")
            )
        return {
            "name": name if code in name.split() else f"{code} {name}".strip(),
            "parent_id": parent.id,
            "currency_id": parent.currency_id.id,
            "is_store": True,
            "store_code": code,
            "region_id": vals.get("region_id"),
            "partition": partition,
            "paperformat_id": parent.paperformat_id.id,
        }

    def _open_address(self, vals):
        """Where the store is; only what was given is written."""
        self.ensure_one()
        names = ("street", "street2", "city", "zip", "state_id", "phone", "email")
        address = {name: vals[name] for name in names if vals.get(name)}
        if not self.partner_id.country_id:
            # On the partner: a country set on the company may install a localisation,
            # which commits in the middle of opening.
            address["country_id"] = self.parent_id.country_id.id
        self.partner_id.write(address)

    def _open_warehouse(self):
        """Without one no order could be confirmed; Odoo makes none for a company."""
        self.ensure_one()
        Warehouse = self.env["stock.warehouse"].with_company(self)
        warehouses = Warehouse.with_context(active_test=False).search(
            [("company_id", "=", self.id)]
        )
        if not warehouses.filtered(lambda w: w.code == self.store_code):
            warehouse = Warehouse.create(
                {
                    "name": self.name
                    if self.name not in warehouses.mapped("name")
                    else f"{self.name} ({self.store_code})",
                    "code": self.store_code,
                    "company_id": self.id,
                    "partner_id": self.partner_id.id,
                    "sequence": 1,
                }
            )
            for lang, _name in self.env["res.lang"].get_installed():
                warehouse.with_context(lang=lang)._name_operation_types()

    def _open_journals(self):
        """Own journals; without them, or behind HQ's, Odoo would take HQ's."""
        self.ensure_one()
        Journal = self.env["account.journal"].with_company(self)
        for journal_type, vals in self._prepare_journals().items():
            own = Journal.with_context(active_test=False).search(
                [("company_id", "=", self.id), ("type", "=", journal_type)], limit=1
            )
            if not own:
                own = Journal.create(
                    {**vals, "type": journal_type, "company_id": self.id}
                )
                # The cashier chooses among them in his own language.
                for lang, _name in self.env["res.lang"].get_installed():
                    titles = self.with_context(lang=lang)._journal_titles()
                    own.with_context(lang=lang).name = titles[journal_type]

    def _journal_titles(self):
        store = self.store_code
        return {
            "sale": self.env._("Sales %(store)s", store=store),
            "purchase": self.env._("Purchases %(store)s", store=store),
            "bank": self.env._("Bank %(store)s", store=store),
            "cash": self.env._("Cash %(store)s", store=store),
        }

    def _prepare_journals(self):
        """By type, the values of the store's journals."""
        letters = {"sale": "S", "purchase": "P", "bank": "B", "cash": "C"}
        titles = self._journal_titles()
        ofhq = self.env["account.journal"].search(
            [("company_id", "=", self.parent_id.id)]
        )
        first = min(ofhq.mapped("sequence"), default=10)
        prepared = {}
        for journal_type, letter in letters.items():
            alike = ofhq.filtered(lambda j, t=journal_type: j.type == t)[:1]
            prepared[journal_type] = {
                "name": titles[journal_type],
                "code": f"{self.store_code}{letter}",
                "sequence": first - 1,
            }
            if journal_type in ("sale", "purchase"):
                prepared[journal_type]["default_account_id"] = (
                    alike.default_account_id.id
                )
        return prepared

    def _open_calendar(self, tz):
        """Working hours of its own, in the time zone in which its days begin."""
        self.ensure_one()
        if not self.resource_calendar_id:
            self._create_resource_calendar()
        calendar = self.resource_calendar_id
        if calendar.company_id != self:
            calendar = self.resource_calendar_id = calendar.copy(
                {"company_id": self.id}
            )
        wanted = {"name": self.env._("Opening hours %(store)s", store=self.name)}
        if tz or not calendar.tz:
            wanted["tz"] = tz or self.parent_id.resource_calendar_id.tz or "UTC"
        calendar.write(wanted)
