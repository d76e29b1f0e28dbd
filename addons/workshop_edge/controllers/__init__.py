from . import json2
from . import workshop_media
