"""Makes the virtual environment and installs a list of packages into it, only when something changed.

python3 tools/packages.py FOLDER LIST    standard library only; used by the Makefile
"""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 11)


def main(folder: Path, requirements: Path) -> str | None:
    """None when the packages are there, otherwise what to tell the user."""
    if sys.version_info < OLDEST:
        return "Clinic needs Python 3.11 or newer: name one with `make PYTHON=python3.12 ...`."
    stamp, wanted = folder / f".{requirements.stem}.sha256", fingerprint(requirements)
    if stamp.is_file() and stamp.read_text() == wanted:
        return None
    try:
        if not is_of_this_python(folder):
            sys.stdout.write("Making the virtual environment...\n")
            venv.create(folder, with_pip=True, clear=True)
        sys.stdout.write(f"Installing {requirements} (about a quarter of a minute)...\n")
        sys.stdout.flush()
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "-q"]
        subprocess.run([*pip, "-r", requirements], check=True)
    except subprocess.CalledProcessError as error:
        return (
            f"The packages could not be installed (exit code {error.returncode}). On Debian: apt install python3-venv."
        )
    stamp.write_text(wanted)
    return None


def fingerprint(requirements: Path) -> str:
    """Changes with the Python version and with the content of the list and of the lists it includes."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for line in requirements.read_text(encoding="utf-8").splitlines():
        digest.update(line.encode())
        if line.startswith("-r "):
            digest.update(fingerprint(requirements.parent / line[3:].strip()).encode())
    return digest.hexdigest()


def is_of_this_python(folder: Path) -> bool:
    """Whether the environment exists and was made by the running version."""
    major, minor = sys.version_info[:2]
    return (folder / "bin" / "python").exists() and (folder / "lib" / f"python{major}.{minor}").is_dir()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
