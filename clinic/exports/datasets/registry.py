"""Every dataset, by kind."""

from clinic.exports.datasets.audit import AUDIT
from clinic.exports.datasets.dataset import Dataset
from clinic.exports.datasets.documents import DOCUMENTS
from clinic.exports.datasets.patients import PATIENTS
from clinic.exports.datasets.queue_entries import QUEUE_ENTRIES
from clinic.exports.datasets.visits import VISITS
from clinic.exports.models import ExportKind

DATASETS: dict[ExportKind, Dataset] = {d.kind: d for d in (PATIENTS, VISITS, QUEUE_ENTRIES, DOCUMENTS, AUDIT)}
