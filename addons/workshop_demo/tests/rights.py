"""What each role may do with each model of ours, as ``test_rights`` finds it.

A model that is added is entered here, with what its roles are meant to do; whoever
enters a right has to be able to say why that role needs it.
"""

BELOW_HQ = "technician lead qc advisor cashier keeper manager region"
STAFF = f"{BELOW_HQ} hq"

# By model and letters (read, create, write, unlink), the roles of which the access
# lists say so. Roles that are not named have no access: the bridge's and the enrolment
# service's users, employees without a role, the portal and the public, to all models.
ACCESS = {
    "workshop.authorisation": {"r": "advisor cashier manager region hq"},
    "workshop.badge": {
        "r": "technician lead qc advisor cashier keeper",
        "rw": "manager region hq",
    },
    "workshop.badge.issue": {"rcwu": "manager region hq"},
    "workshop.batch": {"r": "manager region hq"},
    "workshop.bay": {
        "r": "technician lead qc advisor cashier keeper",
        "rw": "manager region",
        "rcw": "hq",
    },
    "workshop.bay.enrol": {"rcw": "manager region hq"},
    "workshop.board": {},
    "workshop.board.change": {},
    "workshop.board.mark": {},
    "workshop.bridge": {},
    "workshop.checkpoint": {"r": "manager region hq"},
    "workshop.checkpoint.leaf": {},
    "workshop.consequence": {},
    "workshop.dead.letter": {"r": "manager region hq"},
    "workshop.dead.letter.replay": {"r": "manager region hq"},
    "workshop.device": {"r": "lead manager region hq"},
    "workshop.device.boot": {},
    "workshop.discount.limit": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.enrolment": {"r": "manager region hq"},
    "workshop.event": {"r": STAFF},
    "workshop.event.decide": {"rcwu": "lead manager region hq"},
    "workshop.evidence.check": {"rcw": "manager region hq"},
    "workshop.gate": {"r": STAFF},
    "workshop.job": {
        "r": "technician lead qc cashier keeper",
        "rcw": "advisor manager region hq",
    },
    "workshop.job.clock": {"r": STAFF},
    "workshop.job.confirm": {"rcwu": STAFF},
    "workshop.job.confirm.item": {"rcwu": STAFF},
    "workshop.job.confirm.step": {"rcwu": STAFF},
    "workshop.job.deviate": {"rcwu": "lead advisor manager region hq"},
    "workshop.job.floor": {"r": STAFF},
    "workshop.job.hours": {"r": STAFF},
    "workshop.job.propose": {"rcwu": "advisor manager region hq"},
    "workshop.job.replace": {"rcwu": "keeper"},
    "workshop.job.split": {"rcwu": "lead manager region hq"},
    "workshop.job.split.line": {"rcwu": "lead manager region hq"},
    "workshop.lease": {},
    "workshop.media": {"r": STAFF},
    "workshop.media.sign": {"rcwu": "lead manager region hq"},
    "workshop.order": {
        "r": "technician lead qc cashier keeper",
        "rcw": "advisor manager region hq",
    },
    "workshop.order.add": {"rcwu": "advisor manager region hq"},
    "workshop.order.add.again": {"rcwu": "advisor manager region hq"},
    "workshop.order.authorise": {"rcwu": "advisor manager region hq"},
    "workshop.order.floor": {"r": STAFF},
    "workshop.order.settle": {"rcwu": "cashier"},
    "workshop.order.settle.payment": {"rcwu": "cashier"},
    "workshop.part.kind": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.person.floor": {},
    "workshop.process": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.process.node": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.process.node.check": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.reason": {"r": STAFF},
    "workshop.region": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.release": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.role": {"r": STAFF},
    "workshop.service": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.service.category": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.service.package": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.service.part": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.service.rate": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.service.step": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.service.version": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.store.open": {"rcwu": "hq"},
    "workshop.store.part": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.store.price": {
        "r": "technician lead qc advisor cashier keeper",
        "rcwu": "manager region hq",
    },
    "workshop.vehicle.class": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.vehicle.owner": {
        "r": "technician lead qc cashier keeper",
        "rcw": "advisor",
        "rcwu": "manager region hq",
    },
    "workshop.vehicle.part": {"r": STAFF},
    "workshop.vehicle.quantity": {"r": BELOW_HQ, "rcwu": "hq"},
    "workshop.vehicle.reading": {
        "rc": "technician lead advisor manager region hq",
        "r": "qc cashier keeper",
    },
    "workshop.vehicle.visit": {"r": STAFF},
}

# The same of Odoo's models that our roles decide on. A cashier writes what he bills of
# a purchase, and yet changes no state of it.
ACCESS_OF_ODOO = {
    "purchase.order": {
        "rw": "cashier",
        "rcwu": "keeper manager region hq",
        "r": "portal",
    },
    "purchase.order.line": {
        "rw": "cashier",
        "rcwu": "keeper manager region hq",
        "r": "portal",
    },
}

# By model and roles, the fields whose values really change when a role writes them on a
# record of its store: the models' own guards refuse all others.
WRITTEN = {
    "workshop.badge": {"manager region hq": "valid_to"},
    "workshop.bay": {"manager region hq": "active code name"},
    "workshop.discount.limit": {"hq": "group_id off_standard_price percent"},
    "workshop.job": {"advisor manager region hq": "sequence"},
    "workshop.order": {"advisor manager region hq": "advisor_id complaint"},
    "workshop.part.kind": {"hq": "active name sequence"},
    "workshop.region": {"hq": "name"},
    "workshop.release": {"hq": "currency_id effective_on name version_ids"},
    "workshop.service": {"hq": "active name"},
    "workshop.service.category": {"hq": "name sequence"},
    "workshop.store.part": {"hq": "company_id kind_id product_id sequence"},
    "workshop.vehicle.class": {
        "hq": "active code model_ids name quantity_ids sequence"
    },
    "workshop.vehicle.owner": {
        "advisor manager region hq": "date_from date_to partner_id"
    },
    "workshop.vehicle.quantity": {"hq": "kind_id quantity"},
}

# By model, the roles that really delete the demo's first record. Of releases it is the
# draft: one that was released stays.
DELETED = {
    "workshop.discount.limit": "hq",
    "workshop.release": "hq",
    "workshop.store.part": "hq",
    "workshop.vehicle.owner": "manager region hq",
    "workshop.vehicle.quantity": "hq",
}

# Models of which the demo chain has no record to try it on: their access lists are
# compared, their guards are tested beside them alone.
UNTRIED = {
    "workshop.batch",
    "workshop.board",
    "workshop.board.change",
    "workshop.board.mark",
    "workshop.bridge",
    "workshop.checkpoint",
    "workshop.checkpoint.leaf",
    "workshop.consequence",
    "workshop.dead.letter",
    "workshop.dead.letter.replay",
    "workshop.device",
    "workshop.device.boot",
    "workshop.enrolment",
    "workshop.evidence.check",
    "workshop.job.clock",
    "workshop.job.hours",
    "workshop.media",
    "workshop.process.node.check",
    "workshop.store.price",
    "workshop.vehicle.part",
}
