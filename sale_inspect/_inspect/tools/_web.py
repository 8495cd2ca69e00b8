"""Fetching a page of the public web for an agent, and nothing of the evaluator's own network."""

from __future__ import annotations

import functools
import ipaddress
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import anyio
import httpx

from sale_inspect._inspect.tools._conversion import converted
from sale_inspect.webpages import can_read_pdf, is_refused

__all__ = ["WEB_PORTS", "Address", "PageReader", "UnreadablePageError", "WebPage", "is_public", "resolve"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

# The special networks of IANA's registries (RFC 6890 and its updates), and what clouds use. Written down here, because
# what Python calls global has changed between its versions.
_SPECIAL = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # Azure answers requests of its own machines here, at an address that counts as public.
        "168.63.129.16/32",
    )
)
# All of IPv6 that is given out to the internet, and what is special within it.
_GLOBAL6 = ipaddress.ip_network("2000::/3")
_SPECIAL6 = tuple(
    ipaddress.ip_network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
WEB_PORTS = frozenset({80, 443, 8080, 8443})
"""Ports that pages are read from. Others belong to other services."""

_CONNECT_SECONDS = 5.0
_MAX_TRIES = 4
_LAST_PORT = 65535
_AGENT = "sale-inspect (page reader of a model evaluation)"
_PORTS = {"http": 80, "https": 443}
_XML_JSON = ("+xml", "+json")
_HTML = ("text/html", "application/xhtml+xml")
_TEXTS = ("application/json", "application/xml", "application/javascript", "application/x-ndjson", "application/csv")


class UnreadablePageError(Exception):
    """A page that cannot or must not be read. The message is for the agent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WebPage:
    """A page as text.

    Attributes:
        address: Where it was found, after redirects.
        title: Its title, or an empty text.
        text: Its text.
    """

    address: str
    title: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    address: str
    kind: str
    charset: str | None
    content: bytes
    complete: bool


def is_public(address: Address) -> bool:
    """Whether an address is of the public internet, also where IPv6 wraps an IPv4 address."""
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL)
    return address in _GLOBAL6 and not any(address in network for network in _SPECIAL6)


def _wrapped(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


async def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a host, by the system's resolver."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PageReader:
    """Reads pages over http and https.

    Each host, also of each redirect, is resolved once; the connection goes to the address that was
    checked, so that a name cannot point elsewhere a moment later. Proxies, cookies and passwords of
    the environment are not used.

    Attributes:
        permitted: Whether an address may be read from.
        resolver: Addresses of a host and port.
        ports: Ports that are read from.
        max_bytes: Most bytes of a page, as sent and unpacked; the rest of a text is not read.
        max_redirects: Most redirects.
        seconds: Most seconds for a page in all, redirects and conversion included.
    """

    permitted: Callable[[Address], bool] = is_public
    resolver: Callable[[str, int], Awaitable[list[Address]]] = resolve
    ports: Collection[int] = WEB_PORTS
    max_bytes: int = 10_000_000
    max_redirects: int = 5
    seconds: float = 30.0

    async def read(self, address: str) -> WebPage:
        """The page at an address.

        Raises:
            UnreadablePageError: If it cannot or must not be read.
        """
        shown = f"{address!r:.200}"
        try:
            with anyio.fail_after(self.seconds):
                return await _page(await self._fetch(address.strip()))
        except TimeoutError as error:
            raise UnreadablePageError(f"{shown} did not answer within {self.seconds:g} seconds.") from error
        except httpx.TimeoutException as error:
            raise UnreadablePageError(f"{shown} did not answer in time.") from error
        # An address can break httpx, the codecs of names and the sockets each in its own way.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, zlib.error) as error:
            raise UnreadablePageError(f"{shown} cannot be read ({type(error).__name__}).") from error

    async def _fetch(self, address: str) -> _Answer:
        timeout = httpx.Timeout(self.seconds, connect=_CONNECT_SECONDS)
        async with httpx.AsyncClient(trust_env=False, verify=_tls(), timeout=timeout) as client:
            url = self._checked(_url(address))
            for _ in range(self.max_redirects + 1):
                response = await self._send(client, url)
                # Kept by address, a cookie of one site would go to another on the same machine.
                client.cookies.clear()
                try:
                    if not response.has_redirect_location:
                        return await self._answer(url, response)
                    url = self._checked(_redirected(url, response.headers["location"]))
                finally:
                    await response.aclose()
        raise UnreadablePageError(f"{address!r:.200} redirects more than {self.max_redirects} times.")

    def _checked(self, url: httpx.URL) -> httpx.URL:
        if (url.port or _PORTS[url.scheme]) not in self.ports:
            raise UnreadablePageError(f"Port {url.port} is not read: pages are read from {_listed(self.ports)}.")
        if is_refused(url.host, url.raw_path.decode("ascii", "replace")):
            raise UnreadablePageError(f"{url.host!r:.200} holds data sets with their answers and is not read.")
        return url

    async def _send(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        """The answer of the first address of the URL's host that can be reached; IPv4 goes first."""
        addresses = sorted(await self._addresses(url), key=lambda each: each.version)[:_MAX_TRIES]
        for left, each in reversed(list(enumerate(reversed(addresses)))):
            try:
                return await client.send(_request(client, url, each), stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not left:
                    raise
        raise UnreadablePageError(f"There is no host {url.host!r:.200}.")

    async def _addresses(self, url: httpx.URL) -> list[Address]:
        try:
            found = await self.resolver(url.host, url.port or _PORTS[url.scheme])
        except (OSError, UnicodeError, ValueError) as error:
            raise UnreadablePageError(f"There is no host {url.host!r:.200}.") from error
        # All of them, not only the first: a host that has one public address may still lead inside.
        if not all(self.permitted(each) for each in found):
            raise UnreadablePageError(f"{url.host!r:.200} is not on the public web; such addresses are not read.")
        return found

    async def _answer(self, url: httpx.URL, response: httpx.Response) -> _Answer:
        if not response.is_success:
            raise UnreadablePageError(f"{_shown(url)} answered with status {response.status_code}.")
        kind = response.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
        if not (kind in (*_HTML, *_TEXTS, "application/pdf") or kind.startswith("text/") or kind.endswith(_XML_JSON)):
            raise UnreadablePageError(
                f"{_shown(url)} is {kind!r:.80}, which is not read: only web pages, texts and PDF files are."
            )
        content, complete = await self._content(url, response)
        return _Answer(
            address=str(url), kind=kind, charset=response.charset_encoding, content=content, complete=complete
        )

    async def _content(self, url: httpx.URL, response: httpx.Response) -> tuple[bytes, bool]:
        """The first bytes, and whether they are all. A small answer that unpacks to a huge one is bounded too."""
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise UnreadablePageError(f"{_shown(url)} is packed as {packing!r:.40}, which is not read.")
        unpacker = None if packing in ("identity", "") else zlib.decompressobj(zlib.MAX_WBITS | 32)
        content = bytearray()
        async for chunk in response.aiter_raw():
            room = self.max_bytes + 1 - len(content)
            content += chunk[:room] if unpacker is None else unpacker.decompress(chunk, room)
            if len(content) > self.max_bytes:
                return bytes(content[: self.max_bytes]), False
        return bytes(content), True


def _request(client: httpx.AsyncClient, url: httpx.URL, address: Address) -> httpx.Request:
    """A request to a checked address, which still asks for the URL's host and checks its certificate."""
    return client.build_request(
        "GET",
        url.copy_with(host=str(address)),
        headers={
            "Host": url.netloc.decode("ascii"),
            "User-Agent": _AGENT,
            "Accept": "text/html, text/plain, application/pdf;q=0.8, */*;q=0.5",
            "Accept-Encoding": "gzip",
        },
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
        host = url.host
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise UnreadablePageError(f"{address!r:.200} is no web address.") from error
    if url.scheme not in ("http", "https") or not host:
        raise UnreadablePageError(f"{address!r:.200} is no web address: it must begin with https:// or http://.")
    if not 0 < (url.port or _PORTS[url.scheme]) <= _LAST_PORT:
        raise UnreadablePageError(f"{address!r:.200} is no web address: there is no port {url.port}.")
    if url.userinfo:
        raise UnreadablePageError("An address with a user name or password is not read.")
    return url


def _redirected(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return _url(str(url.join(location)))
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise UnreadablePageError(f"{_shown(url)} redirects to {location!r:.200}, which is no web address.") from error


def _shown(url: httpx.URL) -> str:
    """An address in an error: others may have written it, so it is quoted and cut."""
    return f"{str(url)!r:.200}"


def _listed(ports: Collection[int]) -> str:
    return ", ".join(map(str, sorted(ports)))


async def _page(answer: _Answer) -> WebPage:
    shown = f"{answer.address!r:.200}"
    if b"\0" in answer.content[:4096] and not answer.content.startswith((b"\xff\xfe", b"\xfe\xff", b"%PDF-")):
        raise UnreadablePageError(f"{shown} is no text, whatever its server says.")
    try:
        title, text = await _title_and_text(answer)
    except ValueError as error:
        raise UnreadablePageError(f"{shown} cannot be read: {error}.") from error
    if not text:
        raise UnreadablePageError(f"{shown} has no text. It may need a browser that runs scripts.")
    if not answer.complete:
        text += f"\n\n[the page is longer than {len(answer.content)} bytes; the rest is not read]"
    return WebPage(address=answer.address, title=title, text=text)


async def _title_and_text(answer: _Answer) -> tuple[str, str]:
    form = "html" if answer.kind in _HTML else "pdf" if answer.kind == "application/pdf" else "text"
    if form == "pdf" and not can_read_pdf():
        raise ValueError("it is a PDF file, and this tool reads none here")
    if form == "pdf" and not answer.complete:
        raise ValueError(f"it is a PDF file of more than {len(answer.content)} bytes")
    return await converted(form, answer.content, answer.charset, answer.address)
