"""A picture as it is kept: small, upright, and without what cameras write into files."""

import io
import warnings
from typing import BinaryIO

from flask_babel import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from clinic.errors import Invalid

EDGE = 480
LARGEST_BYTES = 15 * 1024 * 1024
LARGEST_PIXELS = 60_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/jpeg"


def shrink(stream: BinaryIO) -> bytes:
    """The middle square of a picture as a JPEG of at most EDGE by EDGE; position and camera data are left out.

    Raises Invalid for what is no picture, or too large a one.
    """
    data = stream.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise Invalid(_("Choose a picture of at most 15 MB."), "file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > LARGEST_PIXELS:
                    raise Invalid(_("This picture has too many pixels."), "file")
                picture.draft("RGB", (EDGE * 2, EDGE * 2))
                square = ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), (EDGE, EDGE))
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise Invalid(_("Choose a picture: JPEG, PNG or WebP."), "file") from error
    kept = io.BytesIO()
    square.save(kept, "JPEG", quality=85, optimize=True)
    return kept.getvalue()
