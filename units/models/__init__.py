from units.models.accounts import GUARDED, SLEPT, STAFF, UNIT_ROLES, Account, Membership, Role
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
    "ContactKind",
    "Membership",
    "Office",
    "Role",
    "RosterGroup",
    "RosterLine",
    "Session",
    "StandingsShown",
    "Unit",
]
