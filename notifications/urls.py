"""Pages about mails and notices, and what the staff is told."""

from django.urls import path

from notifications.views import announcements, catalogue, facts, mailbox, notices, wishes

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
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/resend/", mailbox.mail_resend_dead, name="mail-resend-dead"),
    path("mailbox/discard/", mailbox.mail_discard_dead, name="mail-discard-dead"),
    path("mailbox/<int:pk>/", mailbox.mail_detail, name="mail-detail"),
    path("mailbox/<int:pk>/html/", mailbox.mail_html, name="mail-html"),
    path("mailbox/<int:pk>/resend/", mailbox.mail_resend, name="mail-resend"),
    path("mailbox/<int:pk>/discard/", mailbox.mail_discard, name="mail-discard"),
    path("mailbox/<int:pk>/now/", mailbox.mail_send_now, name="mail-send-now"),
    path("mailbox/facts/<int:pk>/", facts.fact_detail, name="fact-detail"),
    path("mailbox/facts/<int:pk>/discard/", facts.fact_discard, name="fact-discard"),
    path("mailbox/facts/<int:pk>/now/", facts.fact_send_now, name="fact-send-now"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.notices_read, name="notices-read"),
    path("notices/<int:pk>/", notices.notice_open, name="notice-open"),
    path("notices/<int:pk>/read/", notices.notice_read, name="notice-read"),
    path("notices/catalogue/", catalogue.notice_catalogue, name="notice-catalogue"),
    path("notices/catalogue/<str:event>/", catalogue.notice_preview, name="notice-preview"),
    path(
        "notices/catalogue/<str:event>/html/",
        catalogue.notice_preview_html,
        name="notice-preview-html",
    ),
    path("me/notifications/", wishes.notification_settings, name="notification-settings"),
]
