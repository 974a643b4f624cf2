"""Which addresses may be asked for in other people's name.

On a server that others use, a video's address could be one of the server's own network: its page, and the picture of
it that an attempt leaves, would tell them what they may not see. Where only this machine reaches Lossy, nobody is kept
from anything.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from lossy.automation.contract import Refused
from lossy.errors import Unavailable
from lossy.settings import DEFAULT_PORTS, Settings


class Reach:
    """What browsers and clients of this process may reach; `is_limited` if that is public addresses alone."""

    def __init__(self, *, is_limited: bool) -> None:
        self.is_limited = is_limited

    async def check(self, url: str) -> None:
        """Raise `Refused` if an address lies where nobody may be sent, `Unavailable` if it is nowhere."""
        parts = urlsplit(url)
        if self.is_limited and parts.hostname is not None:
            try:
                await public_address(parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme, 0))
            except OSError as error:
                raise Unavailable(f"No server of the name {parts.hostname} can be found.") from error


def make_reach(settings: Settings) -> Reach:
    """Take what is set, or else keep others out of the network of a server that they can reach."""
    is_free = settings.post_to_private_network
    return Reach(is_limited=settings.is_for_others if is_free is None else not is_free)


async def public_address(host: str, port: int) -> str:
    """Resolve a host; `Refused` if any of its addresses is none of the public internet, OSError if it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError("This is no name of a host.") from error
    addresses = [str(each[4][0]) for each in found]
    if not all(is_public(address) for address in addresses):
        raise Refused(f"{host} is inside the network of this server, where Lossy posts nothing.")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where it stands inside of another one."""
    known: IPv4Address | IPv6Address | None = ip_address(address.partition("%")[0])
    if isinstance(known, IPv6Address):
        inner = known.ipv4_mapped or known.sixtofour or _nat64(known)
        known = inner or known
    return known is not None and known.is_global and not known.is_multicast


def _nat64(address: IPv6Address) -> IPv4Address | None:
    """Read the address that is written into the last four bytes (RFC 6052)."""
    return IPv4Address(address.packed[12:]) if address.packed.startswith(_NAT64) else None


_NAT64 = IPv6Address("64:ff9b::").packed[:12]
