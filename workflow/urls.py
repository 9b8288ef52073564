"""Addresses of work lists and cases. ``ref`` is ``Project.reference``; unseen is 404."""

from django.urls import path

from workflow import inbox
from workflow.views import attaching, board, proposal

urlpatterns = [
    path("", inbox.home, name="home"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("proposals/new/", proposal.project_new, name="project-new"),
    path("p/<str:ref>/edit/", proposal.project_edit, name="project-edit"),
    path("p/<str:ref>/confirm/", proposal.project_confirm, name="project-confirm"),
    path("p/<str:ref>/attachments/", attaching.attachment_add, name="attachment-add"),
    path(
        "p/<str:ref>/attachments/<uuid:key>/remove/",
        attaching.attachment_remove,
        name="attachment-remove",
    ),
    path("p/<str:ref>/ooda/", board.board, name="board"),
    path("p/<str:ref>/ooda/<int:slot>/record/", board.phase_record, name="phase-record"),
    path("p/<str:ref>/observations/", board.observation_add, name="observation-add"),
    path("p/<str:ref>/measurements/", board.measurement_add, name="measurement-add"),
]
