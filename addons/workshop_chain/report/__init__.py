from . import workshop_badge_issue
