import re
from collections import Counter
from contextlib import contextmanager

from odoo.exceptions import ConcurrencyError, LockError

# Odoo's journal codes have five characters, of which the last tells the kind.
STORE_CODE = re.compile(r"[A-Z0-9]{2,4}")
PARTITIONS = 64


def emptiest_partition(taken):
    """The partition that carries the fewest stores, the lowest of several."""
    counts = Counter(taken)
    return min(range(PARTITIONS), key=lambda partition: (counts[partition], partition))


@contextmanager
def begun_anew_where_held():
    """Have Odoo begin the call anew where somebody else holds its rows just now.

    Odoo repeats a call that ends so up to five times, after a moment each; a sentence
    about locks is nothing that whoever pressed a button can act upon.

    :raise ConcurrencyError: in the place of a ``LockError``.
    """
    try:
        yield
    except LockError as error:
        raise ConcurrencyError(str(error)) from error
