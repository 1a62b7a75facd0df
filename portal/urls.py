"""All addresses. Those of an office begin with ``/o/CODE/``."""

from django.urls import include, path

from portal import adopting, auditing, handover, home, personal_data, rosters, views
from submissions.views.priorities import public_priorities

urlpatterns = [
    path("", views.start, name="start"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("accounts/me/data/", personal_data.my_data, name="my-data"),
    path("", include("units.urls")),
    path("public/<slug:code>/priorities/", public_priorities, name="public-priorities"),
    path("o/<slug:code>/", home.home, name="home"),
    path("o/<slug:code>/trail/", auditing.trail, name="trail"),
    path("o/<slug:code>/trail/export/", auditing.export_trail, name="export-trail"),
    path("o/<slug:code>/roles/<int:pk>/hand-over/", handover.hand_over, name="hand-over"),
    path("o/<slug:code>/roster/groups/<int:pk>/", rosters.order_group, name="order-group"),
    path("o/<slug:code>/roster/import/<int:pk>/effects/", rosters.import_effects, name="import-effects"),
    path("o/<slug:code>/roster/lines/<int:pk>/", rosters.change_line, name="change-line"),
    path("o/<slug:code>/items/<int:pk>/adopt/", adopting.adopt_item, name="adopt-item"),
    path("o/<slug:code>/items/<int:pk>/clear/", adopting.clear_item, name="clear-item"),
    path("o/<slug:code>/items/<int:pk>/instruct/", adopting.instruct_item, name="instruct-item"),
    *(
        path(f"o/<slug:code>/{kind}s/<int:pk>/revoke/", adopting.revoke_record, {"kind": kind}, name=f"revoke-{kind}")
        for kind in adopting.KINDS
    ),
    path("o/<slug:code>/", include("submissions.urls")),
    path("o/<slug:code>/", include("scoring.urls")),
    path("o/<slug:code>/", include("reports.urls")),
]
handler404 = "portal.views.not_found"
handler500 = "portal.views.failed"
