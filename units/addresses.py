"""Where a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The client's address. Behind proxies of ours it is the one that the outermost of them has added.

    What a client itself writes into X-Forwarded-For stands further left, and is never believed.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        added = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(added) >= settings.PROXIES and _is_address(added[-settings.PROXIES]):
            address = added[-settings.PROXIES]
    return address


def network_of(address: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 that one subscriber has in IPv6."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))
    return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
