"""Pages about mails."""

from django.urls import path

from notifications.views import facts, mailbox

urlpatterns = [
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
]
