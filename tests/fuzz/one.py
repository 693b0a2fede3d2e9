"""Fuzzes one seam in this process: `python -m tests.fuzz.one SEAM [libFuzzer options]`."""

from __future__ import annotations

import io
import sys
import zipfile


def main() -> None:
    """Run libFuzzer; it ends the process."""
    # Not installed for the tests, which import every module.
    import atheris

    with atheris.instrument_imports(include=["ingest", "rag_lifelong"]):
        from tests.fuzz.seams import ZIPPED, seams

    name = sys.argv[1]
    options = {"custom_mutator": _mutate_member} if name in ZIPPED else {}
    atheris.Setup([sys.argv[0], *sys.argv[2:]], seams()[name], **options)
    atheris.Fuzz()


def _mutate_member(data: bytes, max_size: int, seed: int) -> bytes:
    """Change one file of a zip: bytes changed at random never get past its checksums."""
    import atheris

    if seed % 8 == 0:
        return bytes(atheris.Mutate(data, max_size))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError,
            zipfile.zlib.error):  # type: ignore[attr-defined]  # fmt: skip
        return bytes(atheris.Mutate(data, max_size))
    if not members:
        return bytes(atheris.Mutate(data, max_size))
    changed = seed // 8 % len(members)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(members):
            new = atheris.Mutate(content, 200_000) if number == changed else content
            archive.writestr(zipfile.ZipInfo(name), new)
    return made.getvalue()[:max_size]


if __name__ == "__main__":
    main()
