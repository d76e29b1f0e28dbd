from . import test_workshop_process
from . import test_workshop_process_node
from . import test_workshop_release
from . import test_workshop_role
from . import test_workshop_service
from . import test_workshop_service_step
from . import test_workshop_service_version
