"""Addresses of a case's files, of the glossary, of the plan and of the guides."""

from django.urls import path

from bpr_projects import views

urlpatterns = [
    path("glossary/", views.glossary, name="glossary"),
    path("plan/", views.plan, name="plan"),
    path("help/", views.guide, name="help"),
    path("help/<slug:name>/", views.guide, name="guide"),
    path("p/<str:ref>/attachments/<uuid:key>/", views.attachment, name="attachment"),
]
