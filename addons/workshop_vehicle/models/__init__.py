from . import workshop_vehicle_class
from . import workshop_part_kind
from . import workshop_vehicle_quantity
from . import fleet_vehicle_model
from . import fleet_vehicle
from . import workshop_vehicle_owner
from . import workshop_vehicle_reading
