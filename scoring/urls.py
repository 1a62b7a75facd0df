from django.urls import path

from scoring import views

urlpatterns = [
    path("standings/", views.standings_page, name="standings"),
    path("entries/", views.entry_list, name="entries"),
    path("periods/", views.period_list, name="periods"),
    path("periods/<int:pk>/close/", views.close_period, name="close-period"),
    path("periods/<int:pk>/reopen/", views.reopen_period, name="reopen-period"),
    path("scheme/", views.scheme_page, name="scheme"),
]
