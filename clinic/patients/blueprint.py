"""The blueprint that every view module of this area registers its views on."""

from flask import Blueprint

blueprint = Blueprint("patients", __name__)
