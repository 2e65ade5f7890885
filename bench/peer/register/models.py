"""The same columns as bench/patients.py, indexed as a developer would."""

from django.db import models


class Patient(models.Model):
    mrn = models.CharField(max_length=20, unique=True)
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80, db_index=True)
    sex = models.CharField(max_length=1)
    birth_date = models.DateField()
    national_id = models.CharField(max_length=20, unique=True)
    phone = models.CharField(max_length=20, db_index=True)
    email = models.CharField(max_length=120)
    city = models.CharField(max_length=80)
    created_at = models.DateTimeField()


class PatientByName(Patient):
    """Ordered by name, as a register usually is."""

    class Meta:
        proxy = True
        ordering = ["last_name", "first_name", "id"]


class PatientNoCount(Patient):
    """The usual tuning: no full count beside the results."""

    class Meta:
        proxy = True
