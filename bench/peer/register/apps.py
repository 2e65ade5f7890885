"""The register of patients as a Django app."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "bench.peer.register"
    label = "register"
