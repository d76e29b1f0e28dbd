from . import test_workshop_vehicle_class
from . import test_fleet_vehicle
from . import test_plate
from . import test_vin
from . import test_workshop_vehicle_owner
from . import test_workshop_vehicle_reading
