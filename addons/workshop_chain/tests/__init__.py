from . import test_res_company
from . import test_res_users
from . import test_workshop_badge
from . import test_workshop_badge_issue
from . import test_workshop_bay
from . import test_workshop_region
from . import test_workshop_store_open
from . import test_tools
