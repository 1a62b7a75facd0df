from submissions.forms.adoptions import InstructionForm, PasteForm, UseForm
from submissions.forms.decisions import MOST_THEMES, DecisionForm, ReasonForm, ReminderForm, ReviewForm, ViewForm
from submissions.forms.settings import ChannelForm, ChargeForm, PeriodForm, ReasonsForm
from submissions.forms.texts import EditForm, EntryForm, MergeForm, WriteForm

__all__ = [
    "MOST_THEMES",
    "ChannelForm",
    "ChargeForm",
    "DecisionForm",
    "EditForm",
    "EntryForm",
    "InstructionForm",
    "MergeForm",
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
