"""Reads barcodes off paper, as a scanner does."""

import pypdfium2
import zxingcpp

DOTS_PER_POINT = 4


def read_pdf(data: bytes) -> tuple[list[tuple[float, float]], list[tuple[str, str]], str]:
    """Sizes of the pages in millimetres, (symbology, text) of every code on the first, and its text."""
    document = pypdfium2.PdfDocument(data)
    try:
        sizes = [tuple(round(length * 25.4 / 72, 1) for length in page.get_size()) for page in document]
        page = document[0]
        image = page.render(scale=DOTS_PER_POINT).to_pil()
        codes = sorted((str(found.format).rpartition(".")[2], found.text) for found in zxingcpp.read_barcodes(image))
        return sizes, codes, page.get_textpage().get_text_bounded()
    finally:
        document.close()
