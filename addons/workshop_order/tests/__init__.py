from . import test_workshop_order
