"""Pages about mails."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/resend/", views.mail_resend_dead, name="mail-resend-dead"),
    path("mailbox/<int:pk>/", views.mail_detail, name="mail-detail"),
    path("mailbox/<int:pk>/html/", views.mail_html, name="mail-html"),
    path("mailbox/<int:pk>/resend/", views.mail_resend, name="mail-resend"),
]
