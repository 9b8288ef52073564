"""Pages about mails, and what the staff is told."""

from django.urls import path

from notifications import announcements, views

urlpatterns = [
    path("announcements/", announcements.announcements, name="announcements"),
    path("announcements/new/", announcements.announcement_new, name="announcement-new"),
    path("announcements/<int:pk>/", announcements.announcement, name="announcement"),
    path(
        "announcements/<int:pk>/release/",
        announcements.announcement_release,
        name="announcement-release",
    ),
    path("announcements/<int:pk>/drop/", announcements.announcement_drop, name="announcement-drop"),
    path("announcements/<int:pk>/read/", announcements.announcement_read, name="announcement-read"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/resend/", views.mail_resend_dead, name="mail-resend-dead"),
    path("mailbox/<int:pk>/", views.mail_detail, name="mail-detail"),
    path("mailbox/<int:pk>/html/", views.mail_html, name="mail-html"),
    path("mailbox/<int:pk>/resend/", views.mail_resend, name="mail-resend"),
]
