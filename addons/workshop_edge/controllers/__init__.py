from . import json2
from . import workshop_evidence
from . import workshop_media
from . import workshop_picture
