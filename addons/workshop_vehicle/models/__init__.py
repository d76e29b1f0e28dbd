from . import fleet_vehicle
from . import workshop_vehicle_owner
from . import workshop_vehicle_reading
