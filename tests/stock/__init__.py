"""viewflow and Celery as they come out of the box, to be measured beside our own."""
