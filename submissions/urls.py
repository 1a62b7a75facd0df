from django.urls import path

from submissions.views import charges, editing, items, pasting, queue, signing, writing

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
    path("items/<int:pk>/edit/", editing.edit_item, name="edit-item"),
    path("items/<int:pk>/changes/<int:number>/", editing.item_changes, name="item-changes"),
    path("items/<int:pk>/themes/", items.change_themes, name="set-themes"),
    path("adoptions/paste/", pasting.paste_list, name="paste-list"),
    path("items/enter/", pasting.enter_item, name="enter-item"),
    path("queue/", queue.queue, name="queue"),
    path("queue/several/", queue.decide_several, name="decide-several"),
    path("queue/undo/", queue.undo_decisions, name="undo-decisions"),
    path("queue/keys/", queue.switch_keys, name="switch-keys"),
    path("queue/views/", queue.save_view, name="save-view"),
    path("queue/<int:pk>/", queue.read_item, name="read-item"),
    path("queue/<int:pk>/decide/", queue.decide_item, name="decide-item"),
    path("roles/<int:pk>/charge/", charges.charge_editor, name="charge"),
]
