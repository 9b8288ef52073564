"""Addresses of work lists and cases. ``ref`` is ``Project.reference``; unseen is 404."""

from django.urls import path

from workflow.views import attaching, proposal

urlpatterns = [
    path("proposals/new/", proposal.project_new, name="project-new"),
    path("p/<str:ref>/edit/", proposal.project_edit, name="project-edit"),
    path("p/<str:ref>/confirm/", proposal.project_confirm, name="project-confirm"),
    path("p/<str:ref>/attachments/", attaching.attachment_add, name="attachment-add"),
    path(
        "p/<str:ref>/attachments/<uuid:key>/remove/",
        attaching.attachment_remove,
        name="attachment-remove",
    ),
]
