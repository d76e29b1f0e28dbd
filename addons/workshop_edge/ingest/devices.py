from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from workbay_contract import keys

MOST = 2**31 - 1
"""What a column of the database can hold: a bay may say any number."""


@dataclass(slots=True)
class Device:
    """A device as one call sees it.

    :ivar is_locked: this transaction holds its row.
    """

    id: int
    name: str
    status: str
    public_key: str
    last_seq: int
    last_seal: str
    last_event_ms: int | None
    bay_id: int
    bay: str
    company_id: int
    partition: int
    is_locked: bool = False

    def key(self) -> Ed25519PublicKey:
        return _public(self.public_key)

    def address(self) -> dict:
        return {"device": self.name, "bay": self.bay, "partition": self.partition}


@lru_cache(maxsize=4096)
def _public(text: str) -> Ed25519PublicKey:
    return keys.public_from_hex(text)


def lock_devices(cr, names: list[str]) -> dict[str, Device]:
    """The devices of these names, locked as far as nobody else holds them."""
    if not names:
        return {}
    cr.execute(
        """
        SELECT id
          FROM workshop_device
         WHERE name = ANY(%s)
         ORDER BY id
           FOR NO KEY UPDATE SKIP LOCKED
        """,
        [names],
    )
    locked = {row[0] for row in cr.fetchall()}
    cr.execute(
        """
        SELECT d.id, d.name, d.status, d.public_key, d.last_seq, d.last_seal,
               d.last_event_ms, b.id, b.uuid, d.company_id, c.partition
          FROM workshop_device d
          JOIN workshop_bay b ON b.id = d.bay_id
          JOIN res_company c ON c.id = d.company_id
         WHERE d.name = ANY(%s)
        """,
        [names],
    )
    return {row[1]: Device(*row, is_locked=row[0] in locked) for row in cr.fetchall()}
