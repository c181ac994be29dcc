"""The ways in which a file is damaged, for tests."""

import json
import random
import shutil
import zipfile


def flipped(content: bytes) -> bytes:
    drawn, changed = random.Random(1), bytearray(content)
    for _ in range(min(8, max(1, len(changed) // 4))):
        changed[drawn.randrange(len(changed))] ^= 0xFF
    return bytes(changed)


DAMAGES = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "flipped": flipped,
    "list": lambda content: b"[]",
    "object": lambda content: b"{}",
    "gone": None,
}


def damage(path, kind):
    """Damages a file in place."""
    change = DAMAGES[kind]
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))


def copies(folder, place):
    """Every file of a folder, damaged in every way, each in a copy: (copy, file, kind)."""
    for file in sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()):
        for kind in DAMAGES:
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(folder, place)
            damage(place / file, kind)
            yield place, file, kind


def changed_config(archive, change):
    """Rewrites the description of the model in a `.keras` file."""
    with zipfile.ZipFile(archive) as files:
        parts = {name: files.read(name) for name in files.namelist()}
    config = json.loads(parts["config.json"])
    change(config)
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(archive, "w") as files:
        for name, content in parts.items():
            files.writestr(name, content)
