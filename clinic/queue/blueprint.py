"""The blueprint that the views of boards and of tickets register on."""

from flask import Blueprint

from clinic.queue.forms import words

blueprint = Blueprint("queue", __name__, url_prefix="/queue")
blueprint.context_processor(words)
