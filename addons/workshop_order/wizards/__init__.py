from . import workshop_order_add
