from . import workshop_sheet_mixin
from . import workshop_timeline_mixin
from . import workshop_settlement_mixin
from . import workshop_order
from . import workshop_job
from . import sale_order
from . import sale_order_line
from . import res_company
