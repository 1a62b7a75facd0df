from django.urls import path

from reports import views

urlpatterns = [
    path("items/export/", views.export_items, name="export-items"),
    path("items/upward/", views.upward, name="upward"),
    path("items/upward.docx", views.upward_file, name="upward-file"),
    path("roster/import/template.xlsx", views.roster_template, name="roster-template"),
    path("roster/export.xlsx", views.export_roster, name="export-roster"),
    path("commissions/<int:pk>/export.xlsx", views.export_commission, name="export-commission"),
    path("coverage/export.xlsx", views.export_coverage, name="export-coverage"),
    path("reports/", views.report_list, name="reports"),
    path("reports/runs/", views.run_rows, name="report-runs"),
    path("reports/runs/<int:pk>/", views.run_detail, name="report-run"),
    path("reports/runs/<int:pk>/cancel/", views.cancel_run, name="cancel-run"),
    path("reports/runs/<int:pk>/again/", views.make_again, name="make-again"),
    path("reports/runs/<int:pk>/issue/", views.issue_run, name="issue-run"),
    path("reports/files/<int:pk>/", views.run_file, name="report-file"),
    path("circulars/", views.circular_list, name="circulars"),
    path("circulars/<int:pk>/", views.circular_detail, name="circular"),
    path("circulars/files/<int:pk>/", views.circular_file, name="circular-file"),
    path("letterhead/", views.letterhead, name="letterhead"),
]
