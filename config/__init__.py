"""What composes the system: settings, URLs, the Celery application. Apps never import it."""

import importlib.util

# The supervisor of `make demo` starts on a bare Python, before anything is installed.
if importlib.util.find_spec("celery") is not None:
    from config.celery import app as celery_app

    __all__ = ["celery_app"]
