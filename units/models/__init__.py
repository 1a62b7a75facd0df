from units.models.accounts import Account, Membership, Role
from units.models.rosters import Alias, RosterGroup, RosterLine
from units.models.units import Contact, ContactKind, Office, StandingsShown, Unit

__all__ = [
    "Account",
    "Alias",
    "Contact",
    "ContactKind",
    "Membership",
    "Office",
    "Role",
    "RosterGroup",
    "RosterLine",
    "StandingsShown",
    "Unit",
]
