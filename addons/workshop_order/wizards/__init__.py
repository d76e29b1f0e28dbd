from . import workshop_order_add
from . import workshop_order_receive
