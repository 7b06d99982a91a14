"""HTTP that no honest caller sends, each with the statuses it may get; 0 is a closed connection."""

BODY = b'{"jsonrpc":"2.0","id":1,"method":"ait_status"}'
CLOSE = b"Connection: close\r\n"
HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


def post(*headers: bytes, body: bytes = BODY, line: bytes = b"POST / HTTP/1.1") -> bytes:
    """Return a request of these headers."""
    return line + b"\r\n" + b"".join(headers) + CLOSE + b"\r\n" + body


def of_host(host: bytes) -> bytes:
    """Return a request to a host by a name."""
    return post(b"Host: " + host + b"\r\n", JSON, LENGTH)


def of_type(content_type: bytes) -> bytes:
    """Return a request whose body is said to be of a type."""
    return post(HOST, b"Content-Type: " + content_type + b"\r\n", LENGTH)


def with_header(header: bytes) -> bytes:
    """Return a request with one more header."""
    return post(HOST, JSON, LENGTH, header + b"\r\n")


def of_line(line: bytes) -> bytes:
    """Return a request that begins with a line."""
    return post(HOST, JSON, LENGTH, line=line)


def of_length(length: bytes) -> bytes:
    """Return a request that says how long its body is."""
    return post(HOST, JSON, b"Content-Length: " + length + b"\r\n")


def of_coding(coding: bytes, body: bytes = CHUNKS) -> bytes:
    """Return a request in a transfer encoding."""
    return post(HOST, JSON, b"Transfer-Encoding: " + coding + b"\r\n", body=body)


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

REFUSED, DEAD = {400}, {0, 400}

HTTP: dict[str, tuple[bytes, set[int]]] = {
    "foreign host": (of_host(b"evil.example"), {403}),
    "loopback name in a foreign one": (of_host(b"localhost.evil.example"), {403}),
    "address in a foreign name": (of_host(b"127.0.0.1.evil.example"), {403}),
    "user before the host": (of_host(b"localhost@evil.example"), {400, 403}),
    "empty host": (of_host(b""), {400, 403}),
    "bracket as host": (of_host(b"["), {400, 403}),
    "host with a space": (of_host(b"localhost evil"), {400, 403}),
    "no host": (post(JSON, LENGTH), {400, 403}),
    "two hosts": (post(HOST, b"Host: evil.example\r\n", JSON, LENGTH), {400, 403}),
    "foreign origin": (with_header(b"Origin: https://evil.example"), {403}),
    "origin null": (with_header(b"Origin: null"), {403}),
    "origin of a file": (with_header(b"Origin: file://"), {403}),
    "origin with our host as a prefix": (with_header(b"Origin: http://localhost.evil"), {403}),
    "origin of another scheme": (with_header(b"Origin: https://localhost"), {403}),
    "plain text": (of_type(b"text/plain"), {415}),
    "form": (of_type(b"application/x-www-form-urlencoded"), {415}),
    "multipart": (of_type(b"multipart/form-data; boundary=x"), {415}),
    "no type": (post(HOST, LENGTH), {415}),
    "empty type": (of_type(b""), {415}),
    "XML": (of_type(b"application/xml"), {415}),
    "a type like ours": (of_type(b"application/jsonp"), {415}),
    "two types": (of_type(b"text/plain, application/json"), {415}),
    "gzip": (with_header(b"Content-Encoding: gzip"), {415}),
    "brotli": (with_header(b"Content-Encoding: br"), {415}),
    "unknown compression": (with_header(b"Content-Encoding: x"), {415}),
    "PUT": (of_line(b"PUT / HTTP/1.1"), {405}),
    "DELETE": (of_line(b"DELETE / HTTP/1.1"), {405}),
    "PATCH": (of_line(b"PATCH /rpc HTTP/1.1"), {405}),
    "TRACE": (of_line(b"TRACE / HTTP/1.1"), {405, 400}),
    "CONNECT": (of_line(b"CONNECT evil.example:443 HTTP/1.1"), {0, 400, 403, 404, 405}),
    "lower case method": (of_line(b"post / HTTP/1.1"), {400, 405}),
    "unknown path": (of_line(b"POST /admin HTTP/1.1"), {404}),
    "path upwards": (of_line(b"POST /../etc/passwd HTTP/1.1"), {404}),
    "escaped path upwards": (of_line(b"POST /%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), {404}),
    "zero byte in the path": (of_line(b"POST /%00 HTTP/1.1"), {400, 404}),
    "path without a slash": (of_line(b"POST rpc HTTP/1.1"), {400, 404}),
    "whole URL of another host": (of_line(b"POST http://evil.example/x HTTP/1.1"), {400, 403, 404}),
    "long path": (of_line(b"POST /" + b"a" * 20_000 + b" HTTP/1.1"), REFUSED),
    "no version": (of_line(b"POST /"), {505}),
    "version 0.9": (b"GET /\r\n\r\n", {505}),
    "version 9.9": (of_line(b"POST / HTTP/9.9"), DEAD),
    "version in letters": (of_line(b"POST / HTTP/one"), DEAD),
    "spaces in the line": (of_line(b"POST  /  HTTP/1.1"), DEAD | {200, 404}),
    "negative length": (of_length(b"-1"), REFUSED),
    "length with a plus": (of_length(b"+46"), REFUSED),
    "hexadecimal length": (of_length(b"0x2e"), REFUSED),
    "length in words": (of_length(b"much"), REFUSED),
    "length with an underscore": (of_length(b"4_6"), REFUSED),
    "empty length": (of_length(b""), REFUSED),
    "list of lengths": (of_length(b"46, 46"), REFUSED),
    "two lengths": (post(HOST, JSON, LENGTH, b"Content-Length: 1\r\n"), REFUSED),
    "length of 20 digits": (of_length(b"9" * 20), {400, 413}),
    "length above the limit": (of_length(b"2097153"), {413}),
    "length and chunks": (post(HOST, JSON, LENGTH, CHUNKED, body=CHUNKS), REFUSED),
    "chunks and length": (post(HOST, JSON, CHUNKED, LENGTH, body=CHUNKS), REFUSED),
    "chunks twice": (of_coding(b"chunked, chunked"), REFUSED),
    "chunks then none": (of_coding(b"chunked, identity"), REFUSED),
    "unknown transfer encoding": (of_coding(b"xchunked"), REFUSED),
    "compressed chunks": (of_coding(b"gzip, chunked"), {200, 400, 415}),
    "negative chunk": (of_coding(b"chunked", b"-1\r\n{}\r\n0\r\n\r\n"), REFUSED),
    "chunk in letters": (of_coding(b"chunked", b"zz\r\n{}\r\n0\r\n\r\n"), REFUSED),
    "chunk with a prefix": (of_coding(b"chunked", b"0x2\r\n{}\r\n0\r\n\r\n"), REFUSED),
    "chunk longer than said": (of_coding(b"chunked", b"1\r\n{}\r\n0\r\n\r\n"), REFUSED),
    "chunk of 17 digits": (of_coding(b"chunked", b"1" * 17 + b"\r\n"), {400, 413}),
    "space before the colon": (with_header(b"Content-Length : 1"), REFUSED),
    "header without a colon": (with_header(b"nonsense"), REFUSED),
    "header without a name": (with_header(b": x"), REFUSED),
    "folded header": (with_header(b"X-A: b\r\n c"), {200, 400}),
    "zero byte in a header": (with_header(b"X-A: \x00"), REFUSED),
    "bare line feed": (with_header(b"X-A: a\rX-B: b"), REFUSED),
    "long header": (with_header(b"X-A: " + b"a" * 20_000), REFUSED),
    "many headers": (post(HOST, JSON, LENGTH, b"X-Y: 1\r\n" * 500), REFUSED),
    "expects a wonder": (with_header(b"Expect: wonder"), {417}),
    "upgrade to another protocol": (
        with_header(b"Upgrade: h2c\r\nConnection: Upgrade"),
        {200, 400},
    ),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), DEAD),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", DEAD | {403, 404, 405}),
    "SSH": (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", DEAD),
    "SOCKS": (b"\x05\x01\x00\r\n\r\n", DEAD),
    "SMTP": (b"HELO evil.example\r\n\r\n", DEAD),
    "noise": (bytes(range(256)) + b"\r\n\r\n", DEAD),
}

SMUGGLING: dict[str, bytes] = {
    "by length before chunks": post(
        HOST, JSON, b"Content-Length: 6\r\n", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED
    ),
    "by chunks before length": post(
        HOST, JSON, CHUNKED, b"Content-Length: 4\r\n", body=b"5c\r\n" + SMUGGLED + b"0\r\n\r\n"
    ),
    "by a hidden encoding": post(
        HOST, JSON, b"Transfer-Encoding: xchunked\r\n", LENGTH, body=BODY + SMUGGLED
    ),
    "by a tab": post(
        HOST, JSON, b"Transfer-Encoding:\tchunked\r\n", LENGTH, body=CHUNKS + SMUGGLED
    ),
    "by two lengths": post(HOST, JSON, b"Content-Length: 0\r\n", LENGTH, body=BODY + SMUGGLED),
    "by a space in a name": post(
        HOST, JSON, b"Transfer-Encoding : chunked\r\n", LENGTH, body=CHUNKS + SMUGGLED
    ),
}
"""Requests with a second one inside that only one of two readers would see."""

KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
VERSION = b"Sec-WebSocket-Version: 13\r\n"
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\n"


def shake(*headers: bytes, line: bytes = b"GET / HTTP/1.1") -> bytes:
    """Return the request that asks for a WebSocket."""
    return line + b"\r\n" + b"".join(headers) + b"\r\n"


HANDSHAKES: dict[str, tuple[bytes, set[int]]] = {
    "foreign host": (shake(b"Host: evil.example\r\n", UPGRADE, KEY, VERSION), {403}),
    "foreign origin": (
        shake(HOST, b"Origin: https://evil.example\r\n", UPGRADE, KEY, VERSION),
        {403},
    ),
    "no key": (shake(HOST, UPGRADE, VERSION), {400}),
    "short key": (shake(HOST, UPGRADE, b"Sec-WebSocket-Key: eA==\r\n", VERSION), {400}),
    "key that is no base64": (shake(HOST, UPGRADE, b"Sec-WebSocket-Key: !!\r\n", VERSION), {400}),
    "no version": (shake(HOST, UPGRADE, KEY), {400}),
    "version 8": (shake(HOST, UPGRADE, KEY, b"Sec-WebSocket-Version: 8\r\n"), {400}),
    "subprotocol": (
        shake(HOST, UPGRADE, KEY, VERSION, b"Sec-WebSocket-Protocol: mqtt\r\n"),
        {400},
    ),
    "not asked for": (shake(HOST, CLOSE), {405, 200}),
    "posted": (shake(HOST, UPGRADE, KEY, VERSION, line=b"POST / HTTP/1.1"), {400, 415}),
    "unknown path": (shake(HOST, CLOSE, line=b"GET /socket HTTP/1.1"), {404}),
}

MASK = b"\x01\x02\x03\x04"


def frame(first: int, payload: bytes) -> bytes:
    """Return a WebSocket frame of less than 65,536 bytes."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    hidden = bytes(byte ^ MASK[place % 4] for place, byte in enumerate(payload))
    return bytes([first]) + length + MASK + hidden


FRAMES: dict[str, tuple[bytes, int]] = {
    "unknown opcode": (frame(0x83, b"x"), 1002),
    "reserved bit": (frame(0xC1, b"{}"), 1002),
    "ping in pieces": (frame(0x09, b"x"), 1002),
    "long ping": (frame(0x89, b"x" * 126), 1002),
    "continuation of nothing": (frame(0x80, b"x"), 1002),
    "text that is no UTF-8": (frame(0x81, b"\xff\xfe"), 1007),
    "close with one byte": (frame(0x88, b"\x03"), 1002),
    "close with an unknown code": (frame(0x88, b"\x00\x01"), 1002),
    "length of 2^63": (b"\x81\xff" + (2**63).to_bytes(8, "big") + MASK, 1009),
    "length above the limit": (b"\x82\xff" + (2**31).to_bytes(8, "big") + MASK, 1009),
}
"""Frames, each with the code of the close that answers it; a closed connection is as good."""
