from submissions.models.adoptions import Adoption, AdoptionCredit, AdoptionForm, Forwarding, Instruction
from submissions.models.announcements import AnnouncedUnit, Announcement
from submissions.models.channels import Channel, ChannelColumn, ChannelLevel
from submissions.models.charges import ThemeCharge
from submissions.models.comments import Comment
from submissions.models.commissions import Commission, CommissionedUnit, Reminder
from submissions.models.drafts import Draft
from submissions.models.files import Attachment, ItemFile
from submissions.models.items import (
    Item,
    ItemEvent,
    ItemShare,
    ItemTheme,
    ReceiptCounter,
    Review,
    ReviewStage,
    Revision,
)
from submissions.models.kinds import ItemKind
from submissions.models.mergers import MergedItem
from submissions.models.periods import Period, PeriodKind
from submissions.models.reasons import DecisionReason
from submissions.models.resemblances import Answer, Resemblance
from submissions.models.saved_views import SavedView
from submissions.models.themes import Theme, ThemeKind

__all__ = [
    "Adoption",
    "AdoptionCredit",
    "AdoptionForm",
    "AnnouncedUnit",
    "Announcement",
    "Answer",
    "Attachment",
    "Channel",
    "ChannelColumn",
    "ChannelLevel",
    "Comment",
    "Commission",
    "CommissionedUnit",
    "DecisionReason",
    "Draft",
    "Forwarding",
    "Instruction",
    "Item",
    "ItemEvent",
    "ItemFile",
    "ItemKind",
    "ItemShare",
    "ItemTheme",
    "MergedItem",
    "Period",
    "PeriodKind",
    "ReceiptCounter",
    "Reminder",
    "Resemblance",
    "Review",
    "ReviewStage",
    "Revision",
    "SavedView",
    "Theme",
    "ThemeCharge",
    "ThemeKind",
]
