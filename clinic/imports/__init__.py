"""Bringing patients and practitioners in from files: FHIR R4 Bulk Data and CSV.

- `lines.py` reads a stored file line by line from any offset, `fhir/` and `tables/` turn its rows into `Row`s
  (`rows.py`), `batches.py` writes them, `service.py` keeps the state of an import, `jobs.py` runs one.
- A batch of rows and the offset after it are written in one transaction: a killed worker goes on behind the last
  batch and doubles nothing. ImportOrigin remembers what came from where: the same file again changes nothing.
"""
