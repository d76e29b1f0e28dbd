"""A store's life as random steps: what its people, its bays and a hostile client do.

A step is a name and three numbers, which choose among what there is when it is run, so
that a sequence can be cut down to what makes it fail. Every step goes by the public
methods, as the person whose task it is; whoever is refused has changed nothing.
"""

import base64
import io
import time
from collections import Counter
from unittest.mock import patch

from PIL import Image
from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import mute_logger

from . import hostile
from .floor_steps import MINUTE, REJECTED, FloorSteps

# By how often a step is drawn.
STEPS = {
    "receive": 1,
    "add": 1,
    "authorise": 5,
    "refuse": 2,
    "withdraw": 2,
    "quantity": 2,
    "discount": 2,
    "again": 2,
    "work": 9,
    "scan": 14,
    "stale_scan": 5,
    "type_node": 5,
    "bring": 5,
    "sign": 1,
    "decide": 8,
    "correct": 4,
    "issue": 3,
    "take_back": 2,
    "replace": 1,
    "count": 2,
    "give_up_part": 3,
    "draw": 6,
    "bill": 4,
    "settle": 4,
    "deposit": 1,
    "credit": 2,
    "cancel": 0.5,
    "close": 6,
    "hostile": 10,
}


def picture():
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


class World(FloorSteps):
    """One store during one sequence.

    :ivar test: the test case: its people, products and services.
    :ivar told: what was done, in words, for whoever reads a failure.
    :ivar applied: steps by name that changed something; ``refused`` likewise;
        ``rejected``: scans that the floor kept as rejected.
    :ivar taken: the bytes of what bays have photographed, by hash.
    :ivar most_agreed: the most that the customer agreed to, by the bill's line.
    """

    def __init__(self, test, attacks=hostile.ATTACKS):
        self.test = test
        self.attacks = attacks
        self.env = test.env
        self.orders = self.env["workshop.order"]
        self.told = []
        self.applied, self.refused, self.rejected = Counter(), Counter(), Counter()
        self.clock = round(time.time() * 1000) - 12 * 60 * MINUTE
        self.numbers = iter(range(10**9))
        self.picture = picture()
        self.taken = {}
        self.most_agreed = {}

    def play(self, steps, check):
        """Run the steps one after the other; ``check`` after each that was applied."""
        with patch("time.time", lambda: self.clock / 1000):
            for which in range(2):
                self._receive(which, 1 + which, 0)
                self._authorise(0, 1, 0)
            for name, *numbers in steps:
                self.clock += MINUTE
                if self._try(name, numbers):
                    check(self)

    def _try(self, name, numbers):
        try:
            with (
                mute_logger("odoo.sql_db", "odoo.models.unlink"),
                self.env.cr.savepoint(),
            ):
                said = getattr(self, f"_{name}")(*numbers)
        except (UserError, ValidationError, IntegrityError) as error:
            said, why = None, str(error).splitlines()[0]
            self.refused[name] += 1
            self.told.append(f"{name} {numbers}: refused: {why}")
        else:
            if said is not None:
                said = str(said)
                done = self.rejected if said.startswith(REJECTED) else self.applied
                done[name] += 1
                self.told.append(f"{name} {numbers}: {said}")
        self.env.invalidate_all()
        return said is not None

    # What there is to choose from. None: there is nothing, so nothing is done.

    @staticmethod
    def _pick(records, number):
        return records[number % len(records)] if records else None

    def _by(self, record, role):
        return record.with_user(getattr(self.test, role))

    def _open(self):
        return self.orders.filtered(lambda o: o.state in ("draft", "open", "done"))

    def _jobs(self):
        return self._open().job_ids.sorted("id")

    def _agreed(self):
        """The first jobs agreed to that can still be worked on: some come to an end."""
        jobs = self._jobs().filtered(lambda job: job.state == "authorised")
        return (jobs.filtered(lambda job: job.phase != "qc_passed") or jobs)[:3]

    # The desk.

    def _receive(self, which, services, _c):
        test = self.test
        number = next(self.numbers)
        chosen = [test.oil_service.ids, test.brake_service.ids]
        order = test._receive(
            test.advisor,
            plate=self._pick(test.plates, which),
            odometer=50_000 + number,
            complaint=f"Complaint {number}",
            service_ids=[*chosen[0], *chosen[1]]
            if services % 3 == 0
            else self._pick(chosen, services),
        ).sudo()
        self.orders |= order
        return order.name

    def _add(self, which, service, _c):
        order = self._pick(self._open(), which)
        if not order:
            return None
        services = (self.test.oil_service, self.test.brake_service)
        chosen = self._pick(services, service)
        return self._by(order, "advisor").add_services(chosen.ids).id

    def _authorise(self, which, some, _c):
        waiting = self._open().filtered(
            lambda o: o.stale_count or "proposed" in o.job_ids.mapped("state")
        )
        order = self._pick(waiting or self._open(), which)
        if not order:
            return None
        jobs = order.job_ids.filtered(lambda j: j.state == "proposed" or j.is_stale)
        chosen = self._pick(jobs, some).ids if jobs and some % 3 == 0 else None
        return self._by(order, "advisor").authorise(chosen).decision

    def _refuse(self, which, how, _c):
        job = self._pick(
            self._jobs().filtered(lambda job: job.state != "authorised"), which
        )
        if not job:
            return None
        if how % 2:
            self._by(job, "advisor").decline("Too dear")
        else:
            day = self.test.store._workshop_day(self.env.cr.now()).replace(year=2099)
            self._by(job, "advisor").defer("Next time", day)
        return job.state

    def _withdraw(self, which, _b, _c):
        jobs = self._jobs().filtered(lambda job: job.state != "withdrawn")
        job = self._pick(jobs, which)
        if not job:
            return None
        self._by(job, "advisor").action_withdraw()
        return job.id

    def _quantity(self, which, line, quantity):
        job = self._pick(self._jobs(), which)
        line = self._pick(job.line_ids, line) if job else None
        if not line:
            return None
        line = self._by(line.with_company(self.test.store), "advisor")
        line.product_uom_qty = quantity % 6
        return f"{line.id}: {quantity % 6}"

    def _discount(self, which, line, percent):
        job = self._pick(self._jobs(), which)
        line = self._pick(job.line_ids, line) if job else None
        if not line:
            return None
        role = self._pick(("advisor", "manager"), percent)
        line = self._by(line.with_company(self.test.store), role)
        line.discount = percent % 25
        return f"{line.id}: {percent % 25} %"

    def _again(self, which, payer, _c):
        cars = self._open().vehicle_id
        done = self.orders.job_ids.filtered(
            lambda job: job.finished_at and job.vehicle_id in cars
        )
        original = self._pick(done, which)
        order = self._open().filtered(
            lambda o: original and o.vehicle_id == original.vehicle_id
        )[:1]
        if not order:
            return None
        payer = self._pick(("warranty", "comeback"), payer)
        return self._by(order, "advisor").add_again(original.id, payer).id

    # The store.

    def _issue(self, which, _b, _c):
        pickings = self.orders.job_ids.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        picking = self._pick(pickings, which)
        if not picking:
            return None
        self._by(picking, "keeper").action_workshop_issue()
        return picking.name

    def _take_back(self, which, quantity, _c):
        pickings = self.orders.job_ids.picking_ids.filtered(
            lambda p: p.state == "done" and p.picking_type_code == "outgoing"
        )
        picking = self._pick(pickings, which)
        if not picking:
            return None
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.test.keeper)
            .create({"picking_id": picking.id})
        )
        for number, line in enumerate(wizard.product_return_moves):
            line.quantity = (quantity + number) % 4
        back = wizard._create_return()
        back.move_ids.picked = True
        back.button_validate()
        return back.name

    def _replace(self, which, _b, _c):
        jobs = self._jobs().filtered(
            lambda job: self.test.oil in job.line_ids.product_id
        )
        job = self._pick(jobs, which)
        if not job:
            return None
        line = job.line_ids.filtered(lambda li: li.product_id == self.test.oil)[:1]
        return self._by(job, "keeper").replace_part(
            line.id, self.test.better.id, "The other one is used up"
        )

    def _count(self, product, quantity, _c):
        """Goods have come in, or are fewer than the stock knew."""
        parts = (self.test.oil, self.test.filter, self.test.better)
        part = self._pick(parts, product)
        self.test._count(part, quantity % 8)
        return f"{part.name}: {quantity % 8}"

    def _give_up_part(self, which, _b, _c):
        """A part that was not used after all."""
        pickings = self.orders.job_ids.picking_ids.filtered(
            lambda picking: picking.workshop_parts_state == "used"
        )
        picking = self._pick(pickings, which)
        if not picking:
            return None
        self._by(picking, "keeper").action_cancel()
        return picking.name

    # The cash desk.

    def _draw(self, _a, _b, _c):
        """What follows from events, as the queue does."""
        self.env["workshop.consequence"]._drain(self.orders.ids)
        return "drawn"

    def _to_bill(self):
        """Those with something to bill first, so that bills are drawn at all."""
        orders = self._open()
        return (
            orders.filtered(
                lambda o: any(li.qty_to_invoice for li in o.sale_order_id.order_line)
            )
            or orders
        )

    def _bill(self, which, _b, _c):
        order = self._pick(self._to_bill(), which)
        if not order:
            return None
        action = self._by(order, "cashier").action_invoice()
        invoice = self.env["account.move"].browse(action["res_id"])
        self._by(invoice, "cashier").with_company(self.test.store).action_post()
        return f"{order.name}: {invoice.amount_total}"

    def _desk(self, order, amount):
        return (
            self.env["workshop.order.settle"]
            .with_user(self.test.cashier)
            .create(
                {
                    "order_id": order.id,
                    "payment_ids": [
                        Command.create(
                            {"journal_id": self.test.cash.id, "amount": amount}
                        )
                    ],
                }
            )
        )

    def _settle(self, which, share, _c):
        order = self._pick(self._to_bill(), which)
        if not order:
            return None
        due = self._desk(order, 0).amount_due
        amount = due if share % 2 else round(due / (2 + share % 3), 2)
        if amount <= 0:
            return None
        self._desk(order, amount).action_settle()
        return f"{order.name}: {amount}"

    def _deposit(self, which, amount, _c):
        order = self._pick(self._open(), which)
        if not order:
            return None
        self._desk(order, 10 + amount % 90).action_deposit()
        return f"{order.name}: {10 + amount % 90}"

    def _credit(self, which, _b, _c):
        invoices = self.orders.sale_order_id.invoice_ids.filtered(
            lambda m: m.state == "posted" and m.move_type == "out_invoice"
        )
        invoice = self._pick(
            invoices.filtered(lambda m: not m.reversal_move_ids), which
        )
        if not invoice:
            return None
        wizard = (
            self.env["account.move.reversal"]
            .with_user(self.test.cashier)
            .with_company(self.test.store)
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"reason": "Not as agreed", "journal_id": invoice.journal_id.id})
        )
        wizard.refund_moves()
        credit = invoice.reversal_move_ids.with_user(self.test.cashier)
        credit.with_company(self.test.store).filtered(
            lambda move: move.state == "draft"
        ).action_post()
        return f"{invoice.name}: {invoice.amount_total}"

    def _cancel(self, which, _b, _c):
        order = self._pick(self._open(), which)
        if not order:
            return None
        self._by(order, "advisor").action_cancel()
        return order.name

    def _close(self, which, how, _c):
        """Put an order away, mostly after what is due was paid."""
        self._draw(0, 0, 0)
        orders = self._open()
        done = orders.filtered(lambda order: order.state == "done")
        order = self._pick(done if how % 4 else orders, which)
        if not order:
            return None
        if how % 4:
            self._by(order, "cashier").action_settle()
            desk = self._desk(order, 0)
            if desk.amount_due > 0:
                self._desk(order, desk.amount_due).action_settle()
        self._by(order, "cashier").action_close()
        return order.name

    # A client that knows the models and holds some role's login.

    def _hostile(self, which, role, context):
        return hostile.attack(self, which, role, context)
