"""What a patient takes home: when and where to come, and the MRN for the scanner."""
