from . import workshop_badge_issue
from . import workshop_store_open
