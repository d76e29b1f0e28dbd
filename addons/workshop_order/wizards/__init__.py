from . import workshop_event_decide
from . import workshop_job_confirm
from . import workshop_order_add
from . import workshop_order_authorise
