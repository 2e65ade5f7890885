"""The stock admin list with search, and the usual streaming CSV action."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import StreamingHttpResponse

from bench.peer.register.models import Patient, PatientByName, PatientNoCount

FIELDS = ["id", "mrn", "first_name", "last_name", "sex", "birth_date", "national_id", "phone", "email", "city"]
FIELDS.append("created_at")


class _Echo:
    def write(self, value: str) -> str:
        return value


@admin.action(description="Export CSV")
def export_csv(_admin: Any, _request: Any, queryset: Any) -> StreamingHttpResponse:
    """Rows as they come from the database."""
    writer = csv.writer(_Echo())

    def rows() -> Iterator[str]:
        yield writer.writerow(FIELDS)
        for patient in queryset.iterator():
            yield writer.writerow([getattr(patient, name) for name in FIELDS])

    return StreamingHttpResponse(rows(), content_type="text/csv")


@admin.register(Patient, PatientByName)
class PatientAdmin(admin.ModelAdmin):
    list_display = ["mrn", "last_name", "first_name", "birth_date", "sex", "phone", "national_id"]
    search_fields = ["last_name", "first_name", "phone", "national_id"]
    list_per_page = 50
    actions = [export_csv]


@admin.register(PatientNoCount)
class PatientNoCountAdmin(PatientAdmin):
    show_full_result_count = False
