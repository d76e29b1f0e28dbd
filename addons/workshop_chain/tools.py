import re
from collections import Counter

# Odoo's journal codes have five characters, of which the last tells the kind.
STORE_CODE = re.compile(r"[A-Z0-9]{2,4}")
PARTITIONS = 64


def emptiest_partition(taken):
    """The partition that carries the fewest stores, the lowest of several."""
    counts = Counter(taken)
    return min(range(PARTITIONS), key=lambda partition: (counts[partition], partition))
