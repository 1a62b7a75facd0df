"""What the commands have in common: finding an office and a period by what was typed."""

from django.core.management.base import CommandError

from submissions.models import Period
from units.models import Office


def find_office(code: str) -> Office:
    """The office with this code. Raises CommandError with a sentence."""
    office = Office.objects.filter(code=code).first()
    if office is None:
        raise CommandError(f"没有代码是“{code}”的收稿单位。")
    return office


def find_period(office_code: str, name: str) -> Period:
    """The period with this name in the office with this code. Raises CommandError with a sentence."""
    office = find_office(office_code)
    period = Period.objects.select_related("office").filter(office=office, name=name).first()
    if period is None:
        raise CommandError(f"{office}没有叫“{name}”的报送期。")
    return period
