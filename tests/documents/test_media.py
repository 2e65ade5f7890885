"""What a file is, by its content; what must never get in."""

import io
from typing import Any

import pytest
from flask import Flask

from clinic.documents.media import check_head, detect
from clinic.errors import Invalid
from tests.documents.files import PDF, PNG, archive, office

ODT = archive(mimetype="application/vnd.oasis.opendocument.text", content_dot_xml="<x/>")


class Stream(io.BytesIO):
    """A raw stream that answers short reads, as a sealed file does at the end of a segment."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size, 700) if size and size > 0 else 700)


def kind(data: bytes) -> str:
    stream: Any = io.BytesIO(data)
    return detect(stream, len(data))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe1\x00\x10Exif\0\0" + bytes(100), "image/jpeg"),
        (b"\xff\xd8\xff\xdb\x00\x43\0" + bytes(100), "image/jpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(40), "image/webp"),
        (b"GIF89a" + bytes(40), "image/gif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "image/heic"),
        (b"II*\0\x08\0\0\0" + bytes(60), "image/tiff"),
        (b"MM\0*\0\0\0\x08" + bytes(60), "image/tiff"),
        (bytes(128) + b"DICM" + bytes(60), "application/dicom"),
        ("Résultats: à jeun, 5,2 mmol/l\n".encode(), "text/plain"),
        ("Résultats: à jeun".encode("cp1252"), "text/plain"),
        ("Résultats: à jeun".encode("utf-16"), "text/plain"),
        (("é" * 40_000).encode(), "text/plain"),
        (b"x" + ("é" * 40_000).encode(), "text/plain"),
        (b"name,value\nNa,140\n", "text/plain"),
        (
            office(word__document_dot_xml="<w/>"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (office(xl__workbook_dot_xml="<x/>"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (ODT, "application/vnd.oasis.opendocument.text"),
    ],
)
def test_accepted_kinds_are_known_by_content(app: Flask, data: bytes, media_type: str) -> None:
    check_head(data[:65_536])
    assert kind(data) == media_type


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html><script>alert(1)</script>",
        b"  \n<HTML><body onload=x>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
        b'\xef\xbb\xbf<?xml version="1.0"?><svg/>',
        "<html>".encode("utf-16"),
        b"MZ\x90\0\x03\0\0\0" + bytes(100),
        b"\x7fELF\x02\x01\x01" + bytes(60),
        b"#!/bin/sh\nrm -rf /\n",
        b"\xca\xfe\xba\xbe" + bytes(60),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"Rar!\x1a\x07\x00" + bytes(60),
        b"\0\0\0\x18ftypisom\0\0\0\0" + bytes(40),
        b"text with a \0 in it",
        bytes(1000),
    ],
)
def test_what_could_run_or_is_unknown_is_refused(app: Flask, data: bytes) -> None:
    with app.test_request_context(), pytest.raises(Invalid, match="not accepted"):
        kind(data)
    with app.test_request_context(), pytest.raises(Invalid, match="not accepted"):
        check_head(data)


@pytest.mark.parametrize(
    "data",
    [
        archive(readme_dot_txt="a plain ZIP file"),
        office(word__document_dot_xml="<w/>", word__vbaProject_dot_bin="macro"),
        archive(mimetype="text/html", content_dot_xml="<x/>"),
        archive(mimetype="x" * 5000),
        office(word__document_dot_xml="<w/>")[:-30],
        b"PK\x03\x04" + bytes(200),
        office(**{f"part{n}": "" for n in range(5_100)}, word__document_dot_xml=""),
    ],
)
def test_archives_that_are_no_documents_are_refused(app: Flask, data: bytes) -> None:
    with app.test_request_context(), pytest.raises(Invalid, match="not accepted"):
        kind(data)


def test_a_document_is_found_through_short_reads(app: Flask) -> None:
    stream: Any = Stream(office(word__document_dot_xml="<w/>" * 3000))
    assert detect(stream, len(stream.getvalue())).endswith("wordprocessingml.document")
