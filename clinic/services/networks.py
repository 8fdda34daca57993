"""On which networks staff of a clinic work, as keyed digests: to say of a signature that it was made on one of them."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from clinic import encryption
from clinic.models import Organization, StaffNetwork

KEPT = timedelta(days=30)
SITE_PREFIX = 64
"""An IPv6 network at one place: a device changes the rest of its address by itself (RFC 8981)."""


def network_index(organization: Organization, address: str) -> str:
    """The digest of the network of an address, for this clinic alone; empty for what is no address."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or known
    prefix = SITE_PREFIX if known.version == 6 else known.max_prefixlen
    network = ipaddress.ip_network((known.packed, prefix), strict=False)
    return encryption.blind_index(organization.pk, "staff_network", str(network))


def note_staff_network(organization: Organization, index: str, *, at: datetime) -> None:
    """Somebody works here on this network."""
    StaffNetwork.objects.update_or_create(organization=organization, network_index=index, defaults={"seen_at": at})


def forget_staff_networks(*, at: datetime) -> int:
    """Delete those on which nobody worked for a month; returns how many."""
    removed, _ = StaffNetwork.objects.filter(seen_at__lt=at - KEPT).delete()
    return removed


def is_staff_network(organization: Organization, address: str, *, at: datetime) -> bool:
    """Whether staff worked on the network of this address in the month before."""
    index = network_index(organization, address)
    return (
        bool(index)
        and StaffNetwork.objects.filter(organization=organization, network_index=index, seen_at__gte=at - KEPT).exists()
    )
