"""Tables of patients in CSV files: how the file is written, what its columns mean, what a row says."""
