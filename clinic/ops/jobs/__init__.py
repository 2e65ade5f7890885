"""Background work on the screen: queues, workers, and jobs that failed for good."""
