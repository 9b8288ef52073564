"""Addresses of a case's files and of the glossary."""

from django.urls import path

from bpr_projects import views

urlpatterns = [
    path("glossary/", views.glossary, name="glossary"),
    path("p/<str:ref>/attachments/<uuid:key>/", views.attachment, name="attachment"),
]
