from submissions.forms.adoptions import InstructionForm, PasteForm, UseForm
from submissions.forms.decisions import MOST_THEMES, DecisionForm, ReasonForm, ReminderForm, ReviewForm, ViewForm
from submissions.forms.settings import ChannelForm, ChargeForm, PeriodForm, ReasonsForm
from submissions.forms.talking import AnnouncementForm, CommentForm
from submissions.forms.texts import EditForm, EntryForm, WriteForm

__all__ = [
    "MOST_THEMES",
    "AnnouncementForm",
    "ChannelForm",
    "ChargeForm",
    "CommentForm",
    "DecisionForm",
    "EditForm",
    "EntryForm",
    "InstructionForm",
    "PasteForm",
    "PeriodForm",
    "ReasonForm",
    "ReasonsForm",
    "ReminderForm",
    "ReviewForm",
    "UseForm",
    "ViewForm",
    "WriteForm",
]
