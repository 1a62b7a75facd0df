from django.urls import path

from reports import views

urlpatterns = [
    path("reports/", views.report_list, name="reports"),
    path("reports/runs/", views.run_rows, name="report-runs"),
    path("reports/files/<int:pk>/", views.download, name="report-file"),
]
