from . import workshop_bay_enrol
