"""Who sees a person's whole telephone number, and what everybody else sees of it."""

import re

from units.models import UNIT_ROLES, Account, Office, Role


def sees_numbers(account: Account, unit_id: int, office: Office) -> bool:
    """Whether one may have to ring there: the unit's own people, and the office's editors and managers."""
    return account.has_role(unit_id, *UNIT_ROLES) or account.has_role(office.unit_id, Role.EDITOR, Role.MANAGER)


def masked(phone: str) -> str:
    """A number so that its owner knows it again and nobody can ring it: 138****5678; of a short one its last third."""
    digits = re.sub(r"\D", "", phone)
    if not digits:
        return "****" if phone else ""
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 11 else f"****{digits[len(digits) - len(digits) // 3 :]}"
