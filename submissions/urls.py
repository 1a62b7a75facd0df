from django.urls import path

from submissions.views import channels, charges, items, reasons, signing, silent, writing

urlpatterns = [
    path("items/", items.item_list, name="items"),
    path("items/write/", writing.write_item, name="write"),
    path("items/signing/", signing.to_sign, name="signing"),
    path("items/units/", writing.unit_names, name="unit-names"),
    path("items/files/<int:pk>/", writing.item_file, name="item-file"),
    path("items/<int:pk>/", items.item_detail, name="item"),
    path("items/<int:pk>/write/", writing.write_item, name="write-item"),
    path("items/<int:pk>/files/", writing.add_file, name="add-file"),
    path("items/<int:pk>/discard/", writing.discard_draft, name="discard-draft"),
    path("items/<int:pk>/review/", signing.review_item, name="review-item"),
    path("items/<int:pk>/move/<slug:name>/", items.move_item, name="move-item"),
    path("items/<int:pk>/adopt/", items.adopt_item, name="adopt-item"),
    path("roles/<int:pk>/charge/", charges.charge_editor, name="charge"),
    path("adoptions/<int:pk>/revoke/", items.revoke_adoption, name="revoke-adoption"),
    path("silent/", silent.silent_units, name="silent"),
    path("silent/<int:pk>/remind/", silent.remind_unit, name="remind"),
    path("channels/", channels.channel_list, name="channels"),
    path("channels/new/", channels.new_channel, name="new-channel"),
    path("channels/<int:pk>/", channels.change_channel, name="channel"),
    path("reasons/", reasons.reasons_page, name="reasons"),
]
