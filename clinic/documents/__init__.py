"""Files of patients: resumable uploads, storage on disk or S3, preview and download."""
