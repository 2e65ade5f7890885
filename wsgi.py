"""What gunicorn and the flask command load."""

import sys

from clinic import create_app
from clinic.config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(str(error))
