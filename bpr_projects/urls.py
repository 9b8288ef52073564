"""Addresses of a case's files."""

from django.urls import path

from bpr_projects import views

urlpatterns = [
    path("p/<str:ref>/attachments/<uuid:key>/", views.attachment, name="attachment"),
]
