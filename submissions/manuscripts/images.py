"""Pictures as they lie in a Word file: those that every browser shows stay as they are, some are written anew."""

import io
import time
from collections.abc import Callable

from PIL import Image

from submissions.inspection import MEGABYTE

MOST_PIXELS = 24_000_000  # of one that is decoded here; what stays as it is is looked into by ``inspection``
MOST_PIXELS_IN_ALL = 150_000_000  # of all that are decoded of one file
MOST_BYTES = 20 * MEGABYTE
LONGEST = 3000  # pixels of a side of what is written anew: a page of A4 at 250 an inch
SECONDS = 10.0  # for the pictures of a file
_DRAWN = (b"\x01\x00\x00\x00", b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00", b"<svg", b"<?xml")  # EMF, WMF, SVG
_REWRITTEN = ["GIF", "BMP", "TIFF", "WEBP"]
Crop = tuple[float, float, float, float]  # parts of the width and height cut off: left, top, right, bottom
WHOLE: Crop = (0.0, 0.0, 0.0, 0.0)


class NoPicture(Exception):
    """It cannot be taken over; the text is the kind of loss."""


Written = tuple[str, bytes, bool]  # its ending, its content, and whether it had to be written in another format


class Pictures:
    """The pictures of one file. Each is decoded once, and all of them together cost no more than a file may."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self.read = read
        self.seen: dict[tuple[str, Crop], Written | NoPicture] = {}
        self.pixels = MOST_PIXELS_IN_ALL
        self.seconds = SECONDS

    def take(self, name: str, crop: Crop = WHOLE) -> Written:
        """The picture of this name. Raises NoPicture.

        What the writer cut off in Word is cut off: it was not to be seen.
        """
        if (name, crop) not in self.seen:
            began = time.monotonic()
            try:
                self.seen[name, crop] = self._taken(self.read(name) or b"", crop) if self.seconds > 0 else _LATE
            except NoPicture as error:
                self.seen[name, crop] = error
            self.seconds -= time.monotonic() - began
        found = self.seen[name, crop]
        if isinstance(found, NoPicture):
            raise found
        return found

    def _taken(self, content: bytes, crop: Crop) -> Written:
        if content.startswith(b"\xff\xd8"):
            kind = "jpg"
        elif content.startswith(b"\x89PNG"):
            kind = "png"
        elif content.startswith(_DRAWN):
            raise NoPicture("format")
        else:
            kind = ""
        if kind and crop == WHOLE:
            return kind, content, False
        try:
            return self._written_anew(content, kind, crop)
        except NoPicture:
            raise
        except Exception as error:  # Pillow tells of a broken picture in many ways
            raise NoPicture("broken" if kind else "format") from error

    def _written_anew(self, content: bytes, kind: str, crop: Crop) -> Written:
        """A JPEG where nothing shows through and it is no drawing of a few colours; else a PNG."""
        formats = ["JPEG", "MPO"] if kind == "jpg" else ["PNG"] if kind == "png" else _REWRITTEN
        made = io.BytesIO()
        with Image.open(io.BytesIO(content), formats=formats) as picture:
            picture.draft("RGB", (LONGEST, LONGEST))  # a JPEG is decoded no larger than it will be
            self._pay(picture.width * picture.height)
            clear = kind != "jpg" and picture.has_transparency_data
            drawing = kind == "png" or clear or picture.mode in ("1", "L", "P")
            ending = "png" if kind != "jpg" and drawing else "jpg"
            cut = picture if crop == WHOLE else picture.crop(_box(crop, picture.width, picture.height))
            if cut.mode != (mode := "RGBA" if clear else "RGB"):
                cut = cut.convert(mode)
            cut.thumbnail((LONGEST, LONGEST))
            cut.save(made, "JPEG", quality=90) if ending == "jpg" else cut.save(made, "PNG")
        if made.tell() > MOST_BYTES:
            raise NoPicture("large")
        return ending, made.getvalue(), not kind

    def _pay(self, pixels: int) -> None:
        if pixels > MOST_PIXELS:
            raise NoPicture("large")
        if pixels > self.pixels:
            raise NoPicture("late")
        self.pixels -= pixels


def _box(crop: Crop, width: int, height: int) -> tuple[int, int, int, int]:
    """What is left of so many pixels; where nothing would be, all."""
    left, top, right, bottom = crop
    box = round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom))
    return box if box[0] < box[2] and box[1] < box[3] else (0, 0, width, height)


_LATE = NoPicture("late")
