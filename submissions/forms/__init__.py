from submissions.forms.adoptions import InstructionForm, PasteForm, UseForm
from submissions.forms.commissions import CommissionForm, PutOffForm
from submissions.forms.decisions import MOST_THEMES, DecisionForm, ReasonForm, ReminderForm, ReviewForm, ViewForm
from submissions.forms.fields import only
from submissions.forms.settings import ChannelForm, ChargeForm, PeriodForm, ReasonsForm
from submissions.forms.talking import AnnouncementForm, CommentForm, WhyForm
from submissions.forms.texts import EditForm, EntryForm, FromWordForm, MergeForm, WriteForm
from submissions.forms.themes import PlanForm, ThemeForm

__all__ = [
    "MOST_THEMES",
    "AnnouncementForm",
    "ChannelForm",
    "ChargeForm",
    "CommentForm",
    "CommissionForm",
    "DecisionForm",
    "EditForm",
    "EntryForm",
    "FromWordForm",
    "InstructionForm",
    "MergeForm",
    "PasteForm",
    "PeriodForm",
    "PlanForm",
    "PutOffForm",
    "ReasonForm",
    "ReasonsForm",
    "ReminderForm",
    "ReviewForm",
    "ThemeForm",
    "UseForm",
    "ViewForm",
    "WhyForm",
    "WriteForm",
    "only",
]
