"""Pictures as they lie in a Word file: those that every browser shows stay as they are, some are written anew."""

import io

from PIL import Image

from submissions.inspection import MEGABYTE

MOST_PIXELS = 24_000_000  # of one that is decoded here; what stays as it is is looked into by ``inspection``
MOST_BYTES = 20 * MEGABYTE
_DRAWN = (b"\x01\x00\x00\x00", b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00", b"<svg", b"<?xml")  # EMF, WMF, SVG
_REWRITTEN = ["GIF", "BMP", "TIFF", "WEBP"]
Crop = tuple[float, float, float, float]  # parts of the width and height cut off: left, top, right, bottom
WHOLE: Crop = (0.0, 0.0, 0.0, 0.0)


class NoPicture(Exception):
    """It cannot be taken over; the text is the kind of loss."""


def as_kept(content: bytes, crop: Crop = WHOLE) -> tuple[str, bytes, bool]:
    """Its ending, its content, and whether it had to be written in another format. Raises NoPicture.

    What the writer cut off in Word is cut off: it was not to be seen.
    """
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
    return _written_anew(content, kind, crop)


def _written_anew(content: bytes, kind: str, crop: Crop) -> tuple[str, bytes, bool]:
    formats = ["JPEG", "MPO"] if kind == "jpg" else ["PNG"] if kind == "png" else _REWRITTEN
    made = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=formats) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NoPicture("broken")
            left, top, right, bottom = crop
            box = (
                round(picture.width * left),
                round(picture.height * top),
                round(picture.width * (1 - right)),
                round(picture.height * (1 - bottom)),
            )
            clear = kind != "jpg" and picture.has_transparency_data
            plain = picture.convert("RGBA" if clear else "RGB")
            cut = plain.crop(box) if box[0] < box[2] and box[1] < box[3] else plain
            cut.save(made, "JPEG" if kind == "jpg" else "PNG", **({"quality": 90} if kind == "jpg" else {}))
    except NoPicture:
        raise
    except Exception as error:  # Pillow tells of a broken picture in many ways
        raise NoPicture("broken" if kind else "format") from error
    if made.tell() > MOST_BYTES:
        raise NoPicture("broken")
    return kind or "png", made.getvalue(), not kind
