"""The only list of every app's URLs."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from config import health

# One door with one set of limits: the administration's own login form is never shown.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("workflow.urls")),
    path("", include("bpr_projects.urls")),
    path("", include("notifications.urls")),
    path("", include("roles.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = "config.failures.unreadable"
handler403 = "roles.views.permission_denied"
handler404 = "roles.views.not_found"
handler500 = "config.failures.failed"
