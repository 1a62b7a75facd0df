from submissions.forms.adoptions import InstructionForm, PasteForm, UseForm
from submissions.forms.decisions import MOST_THEMES, DecisionForm, ReasonForm, ReminderForm, ReviewForm, ViewForm
from submissions.forms.settings import ChannelForm, ChargeForm, PeriodForm, ReasonsForm
from submissions.forms.texts import EditForm, EntryForm, WriteForm
from submissions.forms.themes import PlanForm, ThemeForm

__all__ = [
    "MOST_THEMES",
    "ChannelForm",
    "ChargeForm",
    "DecisionForm",
    "EditForm",
    "EntryForm",
    "InstructionForm",
    "PasteForm",
    "PeriodForm",
    "PlanForm",
    "ReasonForm",
    "ReasonsForm",
    "ReminderForm",
    "ReviewForm",
    "ThemeForm",
    "UseForm",
    "ViewForm",
    "WriteForm",
]
