"""Small PNG files for pictures of pages: at most 256 colours, which is all that text on plain ground needs."""

import struct
import zlib
from base64 import b64decode, b64encode
from typing import Final

from playwright.sync_api import Page

# A canvas decodes the picture; each pixel becomes the number of the nearest of the most frequent colours.
_COUNT: Final = """async (source) => {
  const bytes = Uint8Array.from(atob(source), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const palette = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 256).map(([pixel]) => pixel);
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const colours = palette.map(parts);
  const distance = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
  const numbers = new Map();
  for (const pixel of counts.keys()) {
    const mine = parts(pixel);
    let nearest = 0;
    for (let i = 1; i < colours.length; i++) {
      if (distance(colours[i], mine) < distance(colours[nearest], mine)) nearest = i;
    }
    numbers.set(pixel, nearest);
  }
  let found = "";
  for (let i = 0; i < pixels.length; i += 8192) {
    found += String.fromCharCode(...[...pixels.subarray(i, i + 8192)].map((pixel) => numbers.get(pixel)));
  }
  return { width: image.width, height: image.height, colours: colours.flat(), pixels: btoa(found) };
}"""


def small(page: Page, picture: bytes) -> bytes:
    """The same picture in at most 256 colours.

    Args:
        page: any page of a browser, whose canvas is borrowed.
        picture: a PNG of any kind.
    """
    found = page.evaluate(_COUNT, b64encode(picture).decode())
    width, height = found["width"], found["height"]
    pixels = b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[row * width : (row + 1) * width] for row in range(height))
    # PNG 1.2, 11.2: eight bits a pixel, colour type 3 (palette), no filter, which suits numbers of colours
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", bytes(found["colours"])),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
