from . import workshop_region
from . import res_company
from . import workshop_bay
from . import stock_warehouse
from . import workshop_badge
from . import res_groups
from . import res_users
