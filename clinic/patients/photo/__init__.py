"""An optional photo of a patient, so that the right chart is open."""
