"""What people send who mean no good, or whose programs are broken."""

from typing import Final

ELEMENT: Final = "xevil"
EVENT: Final = "onxevil"
EVALUATED: Final = b"1787569"  # 1337 * 1337

_MARKUP: Final = f"'\"></textarea></title></script><{ELEMENT} {EVENT}=1>"

# By what they are. Text, sent percent-encoded as UTF-8.
VALUES: Final[dict[str, str]] = {
    "empty": "",
    "blanks": " \t \u00a0\u2003 ",
    "markup": _MARKUP,
    "template": "{{1337*1337}} ${1337*1337} #{1337*1337} <%= 1337*1337 %> {0.__class__} {sentence} %s %(name)s \\",
    "statement": "'; DROP TABLE accounts; -- \" OR 1=1 %' _",
    "NUL": "a\0b",
    "controls": "a\x07\x1b[31mb\x7f\x85",
    "line breaks": "a\r\nSet-Cookie: evil=1\r\n\r\n<h1>b</h1>",
    "emoji": "\U0001f9d1\u200d\U0001f3eb\U0001f1fa\U0001f1f8 \U0010ffff",
    "right to left": "\u202eevil\u202c \u0645\u0631\u062d\u0628\u0627 \u2066x",
    "marks": "e" + "\u0301\u0489" * 500,
    "no characters": "\ufffe\uffff\U0001fffe \ue000 \u0378",
    "digits that are none": "\u0661\u0662\u00b2\u2460\u0967\uff11",
    "a huge number": "9" * 60,
    "a negative number": "-1",
    "no number": "1e309",
    "NaN": "NaN",
    "a path": "../../../../etc/passwd",
    "another site": "//evil.example/\\evil.example",
    "a script's address": "javascript:alert(1)",
    "long": "Long " * 2_000,
    "one long word": "x" * 10_000,
    "JSON": '{"$ne": null, "a": [1, {"b": true}]}',
    "address with two lines": "robin@example.edu\nBcc: evil@example.edu",
    "odd address": '"a b"@[127.0.0.1]',
    "address of another script": "r\u043ebin@ex\u0430mple.edu",
    "nines": "999-99-9999",
    "UUID of nobody": "00000000-0000-0000-0000-000000000000",
}

# Bodies that are no form of ours at all: kind of content, bytes.
BODIES: Final[dict[str, tuple[str | None, bytes]]] = {
    "nothing": ("application/x-www-form-urlencoded", b""),
    "no kind": (None, b"csrf=1"),
    "not UTF-8": ("application/x-www-form-urlencoded", b"csrf=%FF%FE&username=%C3"),
    "bytes not UTF-8": ("application/x-www-form-urlencoded", b"csrf=\xff\xfe&username=\xe9"),
    "half a surrogate": ("application/x-www-form-urlencoded", b"username=%ED%A0%80"),
    "bad escapes": ("application/x-www-form-urlencoded", b"%zz=%&%=%4&&&===&=;"),
    "another charset": ("application/x-www-form-urlencoded; charset=utf-16", "csrf=1".encode("utf-16")),
    "many fields": ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(2_000))),
    "large": ("application/x-www-form-urlencoded", b"username=" + b"x" * 100_000),
    "very large": ("application/x-www-form-urlencoded", b"username=" + b"x" * 2_000_000),
    "JSON": ("application/json", b'{"csrf": {"$gt": ""}, "username": ["a"]}'),
    "deep JSON": ("application/json", b"[" * 20_000),
    "XML": ("text/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "plain text": ("text/plain", b"csrf=1\r\nusername=a"),
    "parts": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="../../a.svg"\r\n\r\n<svg onload=1>\r\n--b--\r\n',
    ),
    "parts without a boundary": ("multipart/form-data", b"--b\r\n\r\n"),
    "parts without an end": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + b"1" * 5_000,
    ),
}
