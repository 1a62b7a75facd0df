"""The second factor (手机验证码): time-based codes from a phone, and recovery codes for when it is lost.

django-otp checks the codes; each is good once, for its step is noted under a lock. Guessing is counted by
``units.lockout`` and not by the device, which a stranger who has the password could otherwise block.
"""

import segno
from django.conf import settings
from django.db import transaction
from django_otp import devices_for_user
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from trail.records import record
from units.models import Account
from units.records import record_for

RECOVERY_CODES = 10


def is_must(account: Account) -> bool:
    """Whether this account may not do without: by its roles, unless it is a demonstrator's or the setting is off."""
    return settings.SECOND_FACTOR and not account.demonstration and account.is_guarded


def is_set(account: Account) -> bool:
    return TOTPDevice.objects.filter(user=account, confirmed=True).exists()


def new_key() -> str:
    """A secret for a phone to keep: 20 bytes in hexadecimal."""
    return str(random_hex(20))


def offer(account: Account, key: str) -> dict[str, str]:
    """The key for the phone's app: as a picture to point it at (SVG as data), and as text to type in."""
    address = TOTPDevice(user=account, key=key).config_url
    secret = address.partition("secret=")[2].partition("&")[0]
    return {
        "picture": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    }


@transaction.atomic
def set_up(account: Account, key: str, code: str, *, first: bool = False) -> list[str] | None:
    """Keep the key if the code shows that the phone has it: the recovery codes, to be shown once. Else None.

    ``first``: only where there is none yet, for then the password alone has opened the way here.
    """
    _lock(account)
    if first and is_set(account):
        return None
    with transaction.atomic():
        TOTPDevice.objects.filter(user=account).delete()
        if not TOTPDevice.objects.create(user=account, key=key, name=account.username).verify_token(code):
            transaction.set_rollback(True)
            return None
    codes = _new_codes(account)
    record_for(account, "启用手机验证码")
    return codes


@transaction.atomic
def is_right(account: Account, code: str) -> bool:
    """Whether this is a code of the account's phone, or one of its recovery codes, not used before. Uses it up."""
    code = code.replace(" ", "").lower()
    return any(device.verify_token(code) for device in devices_for_user(account, for_verify=True))


@transaction.atomic
def new_recovery_codes(account: Account) -> list[str]:
    """Ten new ones, to be shown once; the old are void."""
    _lock(account)
    codes = _new_codes(account)
    record_for(account, "更换恢复码")
    return codes


def codes_left(account: Account) -> int:
    return StaticToken.objects.filter(device__user=account).count()


@transaction.atomic
def take_away(account: Account, by: Account | None = None, office: str = "") -> None:
    """Remove phone and recovery codes: the owner's own act, or by another at an office; it is on record whose."""
    _lock(account)
    TOTPDevice.objects.filter(user=account).delete()
    StaticDevice.objects.filter(user=account).delete()
    if by:
        record("解除手机验证码", by=by, office=office, on=account)
    else:
        record_for(account, "解除手机验证码")


def _new_codes(account: Account) -> list[str]:
    StaticDevice.objects.filter(user=account).delete()
    device = StaticDevice.objects.create(user=account, name="recovery")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create([StaticToken(device=device, token=code) for code in codes])
    return codes


def _lock(account: Account) -> None:
    """Two requests of one account set it up one after another."""
    Account.objects.select_for_update().get(pk=account.pk)
