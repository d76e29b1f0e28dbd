from . import test_chain
from . import test_logins
from . import test_orders
from . import test_parts
from . import test_reload
from . import test_services
from . import test_staff
from . import test_vehicles
