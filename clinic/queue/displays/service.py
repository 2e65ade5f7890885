"""What a display's browser tells about itself; displays are set up as any device is (queue/devices)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from clinic.queue.displays.models import Display


def note_voices(session: Session, *, display: Display, codes: Sequence[str]) -> None:
    """Note for which of its languages a screen's browser has a voice; not audited."""
    voices = [code for code in display.languages if code in codes]
    if display.voices != voices:
        display.voices = voices
        session.flush()
