"""Who must act next, who decided what, on what authority. Viewflow lives here and only here."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = _("手続と決裁")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let ``verify_ledger`` compare decisions with their entries; scrub failed tasks."""
        from viewflow.workflow.signals import task_failed  # noqa: PLC0415 -- the same

        from records.actions import register_runner  # noqa: PLC0415 -- the same
        from records.ledger import (  # noqa: PLC0415 -- models are loaded only now
            register_evidence,
            register_replay,
        )
        from workflow.actions import papers  # noqa: PLC0415 -- the same
        from workflow.actions.acts import (  # noqa: PLC0415 -- the same
            recompute,
            recompute_readings,
            strays,
        )
        from workflow.actions.disposals import Grounds  # noqa: PLC0415 -- the same
        from workflow.actions.exporting import EXPORT  # noqa: PLC0415 -- the same
        from workflow.actions.rederiving import Replay  # noqa: PLC0415 -- the same
        from workflow.actions.route_data import (  # noqa: PLC0415 -- the same
            LEDGER_KIND,
            recompute_routes,
        )
        from workflow.nodes import scrub  # noqa: PLC0415 -- the same
        from workflow.views.auditing import make_export  # noqa: PLC0415 -- the same
        from workflow.views.kessai import PDF, make_pdf  # noqa: PLC0415 -- the same
        from workflow.views.organization import handover  # noqa: PLC0415 -- the same

        register_evidence("DECISION", recompute, strays)
        register_evidence("READING", recompute_readings)
        register_evidence(papers.RECORDED, papers.recompute, papers.strays)
        register_evidence(papers.REFUSED, papers.recompute_closing)
        register_evidence(papers.LAPSED, papers.recompute_closing)
        register_evidence(LEDGER_KIND, recompute_routes)
        register_replay("authority", Replay)
        register_replay("disposal", Grounds)
        register_runner(PDF, make_pdf)
        register_runner(EXPORT, make_export)
        register_runner(handover.PDF, handover.make_pdf)
        task_failed.connect(scrub, dispatch_uid="workflow.scrub")
