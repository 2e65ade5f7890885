"""What gunicorn and the flask command load."""

from clinic import create_app

app = create_app()
