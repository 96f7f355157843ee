"""Many browsers at once, as cheap as they can be: `python -m bench.visitors`, told on stdin what to ask for.

Each line on stdin is a JSON object {"port", "requests": [head, ...], "seconds", "connections"}; the answer is how many
pages came in that time. A page that is not 200 ends it: a fast error is no page.
"""

import asyncio
import json
import sys
import time

import uvloop


async def _browser(port: int, requests: list[bytes], first: int, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    pages = 0
    while time.perf_counter() < until:
        writer.write(requests[(first + pages) % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"not a page: {head.splitlines()[0].decode()}")
        length = head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
        await reader.readexactly(int(length))
        pages += 1
    writer.close()
    return pages


async def visit(port: int, requests: list[bytes], seconds: float, connections: int) -> float:
    """Pages per second."""
    began = time.perf_counter()
    step = max(1, len(requests) // connections)
    found = await asyncio.gather(
        *(_browser(port, requests, number * step, began + seconds) for number in range(connections))
    )
    return sum(found) / (time.perf_counter() - began)


if __name__ == "__main__":
    for line in sys.stdin:
        told = json.loads(line)
        asked = [head.encode() for head in told["requests"]]
        rate = uvloop.run(visit(told["port"], asked, told["seconds"], told["connections"]))
        print(json.dumps({"rate": rate}), flush=True)
