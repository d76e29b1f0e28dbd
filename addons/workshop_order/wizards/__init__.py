from . import workshop_event_decide
from . import workshop_job_confirm
from . import workshop_order_add
from . import workshop_order_add_again
from . import workshop_order_authorise
from . import workshop_job_replace
from . import workshop_order_settle
from . import workshop_order_settle_payment
