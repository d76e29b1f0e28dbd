"""One loader per concept, in the order in which a chain would be set up.

Each finds what is there by its natural key and makes only what is missing, so that a
second run changes nothing and what somebody changed since then stays.
"""

from odoo import SUPERUSER_ID, api

from . import customers
from . import headquarters
from . import language
from . import orders
from . import parts
from . import services
from . import staff
from . import stock
from . import stores
from . import suppliers
from . import vehicles

LOADERS = (
    language,
    headquarters,
    stores,
    staff,
    parts,
    suppliers,
    stock,
    services,
    customers,
    vehicles,
    orders,
)


def load(env):
    """Load the demo chain, or what is missing of it."""
    hq = headquarters.company(env)
    env = api.Environment(
        env.cr,
        SUPERUSER_ID,
        {
            "allowed_company_ids": hq.ids,
            "lang": "en_US",
            # Nobody is invited by mail and no chatter tells of the loading.
            "no_reset_password": True,
            "tracking_disable": True,
        },
    )
    for loader in LOADERS:
        loader.load(env)
        env.flush_all()
