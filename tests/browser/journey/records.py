"""A file of patients as another system hands it over."""

import json
from pathlib import Path

COUNT = 60
FAMILY = "Quillfeather"


def write_patients(path: Path) -> None:
    """COUNT FHIR R4 patients; the last one alone is called FAMILY."""
    path.write_text("".join(f"{json.dumps(_patient(number))}\n" for number in range(COUNT)))


def _patient(number: int) -> dict[str, object]:
    family = FAMILY if number == COUNT - 1 else f"Brought{number}"
    return {
        "resourceType": "Patient",
        "id": f"old-{number}",
        "identifier": [{"system": "http://hospital.example/mrn", "value": f"H{number:05}"}],
        "name": [{"use": "official", "family": family, "given": ["Noor"]}],
        "gender": "female",
        "birthDate": f"19{40 + number % 60}-05-17",
        "telecom": [{"system": "phone", "value": f"06 12 00 {number:02} 00", "use": "mobile"}],
    }
