"""Pages about mails and notices."""

from django.urls import path

from notifications.views import catalogue, mailbox, notices, wishes

urlpatterns = [
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/resend/", mailbox.mail_resend_dead, name="mail-resend-dead"),
    path("mailbox/<int:pk>/", mailbox.mail_detail, name="mail-detail"),
    path("mailbox/<int:pk>/html/", mailbox.mail_html, name="mail-html"),
    path("mailbox/<int:pk>/resend/", mailbox.mail_resend, name="mail-resend"),
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
