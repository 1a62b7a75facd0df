from django.urls import path

from submissions import views

urlpatterns = [
    path("items/", views.item_list, name="items"),
    path("items/write/", views.write_item, name="write"),
    path("items/<int:pk>/write/", views.write_item, name="write-item"),
    path("items/<int:pk>/discard/", views.discard_draft, name="discard-draft"),
    path("items/<int:pk>/", views.item_detail, name="item"),
    path("items/<int:pk>/move/<slug:name>/", views.move_item, name="move-item"),
    path("items/<int:pk>/adopt/", views.adopt_item, name="adopt-item"),
    path("roles/<int:pk>/charge/", views.charge_editor, name="charge"),
    path("adoptions/<int:pk>/revoke/", views.revoke_adoption, name="revoke-adoption"),
]
