"""Which network addresses may be connected to when a page or a user names a host.

A name that leads into a private network would let a page read what only this machine can reach.
Knows nothing about HTTP.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052; the last 32 bits are an IPv4 address
_IPV4_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, deprecated
_METADATA = frozenset(
    ip_address(text)
    for text in (
        "168.63.129.16",  # Azure's, in a public range
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
    )
)
"""Where clouds tell their machines secrets; 169.254.169.254 is link-local."""
_NOT_GLOBAL = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # RFC 6890
        "192.88.99.0/24",  # RFC 7526
        "64:ff9b:1::/48",  # RFC 8215, local NAT64
        "3fff::/20",  # RFC 9637, documentation
        "5f00::/16",  # RFC 9602, segment routing
    )
)
"""What Python 3.11 takes for global and is not."""


def refusal(text: str, *, allow_private: bool) -> str | None:
    """Why an address may not be connected to; None if it may.

    Args:
        text: An IPv4 or IPv6 address.
        allow_private: Whether loopback and private networks are allowed. What no document lies at
            is refused all the same: link-local, multicast and metadata addresses.

    >>> refusal("127.0.0.1", allow_private=False)
    'a private address (127.0.0.1)'
    >>> refusal("8.8.8.8", allow_private=False)
    """
    try:
        address = ip_address(text)
    except ValueError:
        return f"not an address ({text})"
    meant = _meant(address)
    if _never(address) or _never(meant):
        return f"an address nothing is fetched from ({text})"
    if not allow_private and not (_is_public(meant) and _is_public_or_mapping(address)):
        return f"a private address ({text})"
    return None


def _meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 address that stands for one; else the address."""
    if isinstance(address, IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and address.teredo is not None:
        inside = address.teredo[1]
    # ::1 is loopback and :: no address; every other of ::/96 stands for an IPv4 address.
    is_compatible = address in _IPV4_COMPATIBLE and int(address) > 1
    if inside is None and (address in _NAT64 or is_compatible):
        inside = IPv4Address(int(address) & 0xFFFF_FFFF)
    return inside or address


def _never(address: Address) -> bool:
    is_this_network = address.version == 4 and int(address) >> 24 == 0
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or is_this_network
        or address in _METADATA
        or (address.version == 4 and address.is_reserved)
    )


def _is_public(address: Address) -> bool:
    is_site_local = isinstance(address, IPv6Address) and address.is_site_local
    listed = any(address.version == net.version and address in net for net in _NOT_GLOBAL)
    return address.is_global and not listed and not is_site_local


def _is_public_or_mapping(address: Address) -> bool:
    """Whether the address itself is public, or only stands for another, which was looked at."""
    return _meant(address) != address or _is_public(address)
