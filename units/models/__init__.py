from units.models.accounts import GUARDED, SLEPT, STAFF, UNIT_ROLES, Account, Membership, Role
from units.models.joining import (
    ContactConfirmation,
    ContactRound,
    Fate,
    Registration,
    RegistrationState,
    RosterImport,
    RosterImportRow,
)
from units.models.notices import Notice, NoticeChoice, NoticeKind, NoticeWay
from units.models.rosters import Alias, RosterGroup, RosterLine
from units.models.sessions import Attempt, AttemptKind, Session
from units.models.units import Contact, ContactKind, Office, StandingsShown, Unit

__all__ = [
    "GUARDED",
    "SLEPT",
    "STAFF",
    "UNIT_ROLES",
    "Account",
    "Alias",
    "Attempt",
    "AttemptKind",
    "Contact",
    "ContactConfirmation",
    "ContactKind",
    "ContactRound",
    "Fate",
    "Membership",
    "Notice",
    "NoticeChoice",
    "NoticeKind",
    "NoticeWay",
    "Office",
    "Registration",
    "RegistrationState",
    "Role",
    "RosterGroup",
    "RosterImport",
    "RosterImportRow",
    "RosterLine",
    "Session",
    "StandingsShown",
    "Unit",
]
