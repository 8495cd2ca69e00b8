"""Fetching a page of the public web for an agent, and nothing of the evaluator's own network."""

from __future__ import annotations

import functools
import ipaddress
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
import httpx

from sale_inspect._inspect.tools._page_text import can_read_pdf, decoded, html_text, pdf_text

__all__ = ["Address", "PageReader", "UnreadablePageError", "WebPage", "is_public", "resolve"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Azure answers requests of its own machines here, at an address that counts as public.
_PLATFORM = (ipaddress.ip_address("168.63.129.16"),)
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
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address in _PLATFORM
    if isinstance(address, ipaddress.IPv6Address):
        special = special or address.is_site_local
    return address.is_global and not special


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
        max_bytes: Most bytes of a page, as sent and unpacked; the rest of a text is not read.
        max_redirects: Most redirects.
        seconds: Most seconds for a page in all, redirects and conversion included.
    """

    permitted: Callable[[Address], bool] = is_public
    resolver: Callable[[str, int], Awaitable[list[Address]]] = resolve
    max_bytes: int = 10_000_000
    max_redirects: int = 5
    seconds: float = 30.0

    async def read(self, address: str) -> WebPage:
        """The page at an address.

        Raises:
            UnreadablePageError: If it cannot or must not be read.
        """
        try:
            with anyio.fail_after(self.seconds):
                answer = await self._fetch(address.strip())
                # In a thread that is left behind if it takes too long: the event loop serves other samples.
                return await anyio.to_thread.run_sync(_page, answer, abandon_on_cancel=True)
        except TimeoutError as error:
            raise UnreadablePageError(f"{address} did not answer within {self.seconds:g} seconds.") from error
        except httpx.TimeoutException as error:
            raise UnreadablePageError(f"{address} did not answer in time.") from error
        except (httpx.HTTPError, httpx.InvalidURL, zlib.error) as error:
            raise UnreadablePageError(f"{address} cannot be read ({type(error).__name__}).") from error

    async def _fetch(self, address: str) -> _Answer:
        timeout = httpx.Timeout(self.seconds, connect=_CONNECT_SECONDS)
        async with httpx.AsyncClient(trust_env=False, verify=_tls(), timeout=timeout) as client:
            url = _url(address)
            for _ in range(self.max_redirects + 1):
                response = await self._send(client, url)
                # Kept by address, a cookie of one site would go to another on the same machine.
                client.cookies.clear()
                try:
                    if not response.has_redirect_location:
                        return await self._answer(url, response)
                    url = _redirected(url, response.headers["location"])
                finally:
                    await response.aclose()
        raise UnreadablePageError(f"{address} redirects more than {self.max_redirects} times.")

    async def _send(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        """The answer of the first address of the URL's host that can be reached; IPv4 goes first."""
        addresses = sorted(await self._addresses(url), key=lambda each: each.version)[:_MAX_TRIES]
        for left, each in reversed(list(enumerate(reversed(addresses)))):
            try:
                return await client.send(_request(client, url, each), stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not left:
                    raise
        raise UnreadablePageError(f"There is no host {url.host!r}.")

    async def _addresses(self, url: httpx.URL) -> list[Address]:
        try:
            found = await self.resolver(url.host, url.port or _PORTS[url.scheme])
        except (OSError, UnicodeError, ValueError) as error:
            raise UnreadablePageError(f"There is no host {url.host!r}.") from error
        # All of them, not only the first: a host that has one public address may still lead inside.
        if not all(self.permitted(each) for each in found):
            raise UnreadablePageError(f"{url.host} is not on the public web; such addresses are not read.")
        return found

    async def _answer(self, url: httpx.URL, response: httpx.Response) -> _Answer:
        if not response.is_success:
            raise UnreadablePageError(f"{url} answered with status {response.status_code} {response.reason_phrase}.")
        kind = response.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
        if not (kind in (*_HTML, *_TEXTS, "application/pdf") or kind.startswith("text/") or kind.endswith(_XML_JSON)):
            raise UnreadablePageError(f"{url} is {kind}, which is not read: only web pages, texts and PDF files are.")
        content, complete = await self._content(url, response)
        return _Answer(
            address=str(url), kind=kind, charset=response.charset_encoding, content=content, complete=complete
        )

    async def _content(self, url: httpx.URL, response: httpx.Response) -> tuple[bytes, bool]:
        """The first bytes, and whether they are all. A small answer that unpacks to a huge one is bounded too."""
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise UnreadablePageError(f"{url} is packed as {packing}, which is not read.")
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
    except httpx.InvalidURL as error:
        raise UnreadablePageError(f"{address!r:.200} is no web address.") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise UnreadablePageError(f"{address!r:.200} is no web address: it must begin with https:// or http://.")
    if not 0 < (url.port or _PORTS[url.scheme]) <= _LAST_PORT:
        raise UnreadablePageError(f"{address!r:.200} is no web address: there is no port {url.port}.")
    if url.userinfo:
        raise UnreadablePageError("An address with a user name or password is not read.")
    return url


def _redirected(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return _url(str(url.join(location)))
    except httpx.InvalidURL as error:
        raise UnreadablePageError(f"{url} redirects to {location!r:.200}, which is no web address.") from error


def _page(answer: _Answer) -> WebPage:
    if b"\0" in answer.content[:4096] and not answer.content.startswith((b"\xff\xfe", b"\xfe\xff", b"%PDF-")):
        raise UnreadablePageError(f"{answer.address} is no text, whatever its server says.")
    try:
        title, text = _title_and_text(answer)
    except ValueError as error:
        raise UnreadablePageError(f"{answer.address} cannot be read: {error}.") from error
    if not text:
        raise UnreadablePageError(f"{answer.address} has no text. It may need a browser that runs scripts.")
    if not answer.complete:
        text += f"\n\n[the page is longer than {len(answer.content)} bytes; the rest is not read]"
    return WebPage(address=answer.address, title=title, text=text)


def _title_and_text(answer: _Answer) -> tuple[str, str]:
    if answer.kind in _HTML:
        return html_text(answer.content, answer.charset, answer.address)
    if answer.kind != "application/pdf":
        return "", decoded(answer.content, answer.charset).strip()
    if not can_read_pdf():
        raise ValueError("it is a PDF file, and this tool reads none here")
    if not answer.complete:
        raise ValueError(f"it is a PDF file of more than {len(answer.content)} bytes")
    return "", pdf_text(answer.content)
