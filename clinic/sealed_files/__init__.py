"""Files sealed at rest in segments: streamed in, read back from any offset, in bounded memory."""

from clinic.sealed_files.reader import FileSource, SealedReader, Source
from clinic.sealed_files.writer import SealedWriter, stored_plain_size, sync_folder

__all__ = ["FileSource", "SealedReader", "SealedWriter", "Source", "stored_plain_size", "sync_folder"]
