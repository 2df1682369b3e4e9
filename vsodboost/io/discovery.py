"""One path to the videos in it: a file, a frame folder, a DAVIS root, a folder of videos or of frame folders."""

from __future__ import annotations

from pathlib import Path

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import UnreadableSource, VideoSource, natural_key
from vsodboost.datasets.videos import dataset_videos
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.io.image_file import is_image
from vsodboost.io.video_file import VIDEO_SUFFIXES, VideoFile

WANTED = "frames (jpg, jpeg, png, bmp), videos or folders of frames"


def discover(path: Path) -> list[VideoSource]:
    """The videos at ``path``, which exists, in natural order.

    Raises:
        UsageError: ``path`` holds no video, is no regular file, or it is unclear which videos are meant.
    """
    if not path.is_dir():
        if not path.is_file():
            raise UsageError(f"{path} is neither a file nor a folder")
        return [VideoFile(path)]
    children = _children(path)
    frames = [child for child in children if is_image(child)]
    videos = [child for child in children if child.suffix.lower() in VIDEO_SUFFIXES and child.is_file()]
    if frames and videos:
        raise UsageError(
            f"{path} holds {len(frames)} frames and {len(videos)} videos; "
            f"say which are meant, for instance '{path / ('*' + videos[0].suffix)}'"
        )
    if frames:
        return [FrameFolder(path)]
    jpeg_images = path / "JPEGImages"
    if jpeg_images.is_dir():
        return _davis(jpeg_images)
    if path.name == "JPEGImages":
        return _davis(path)
    if (known := dataset_videos(path)) is not None:
        return list(known)
    return _inside(path, children)


def _children(folder: Path) -> list[Path]:
    try:
        names = [child for child in folder.iterdir() if not child.name.startswith(".")]
    except OSError as error:
        raise UsageError(f"cannot read {folder}: {error.strerror or error}") from error
    return sorted(names, key=lambda child: natural_key(child.name))


def _davis(jpeg_images: Path) -> list[VideoSource]:
    """The sequences of a DAVIS or SegTrack root; of several resolutions 480p is taken, the one papers report."""
    if (jpeg_images / "480p").is_dir():
        return _inside(jpeg_images / "480p")
    folders = [child for child in _children(jpeg_images) if child.is_dir()]
    if any(_has_frames(folder) for folder in folders):
        return _inside(jpeg_images)
    resolutions = [folder for folder in folders if any(_has_frames(child) for child in _children(folder))]
    if len(resolutions) > 1:
        names = ", ".join(folder.name for folder in resolutions)
        raise UsageError(f"{jpeg_images} holds several resolutions ({names}); give the folder of one")
    return _inside(resolutions[0] if resolutions else jpeg_images)


def _inside(folder: Path, children: list[Path] | None = None) -> list[VideoSource]:
    """Video files and frame folders directly in ``folder``; a folder without frames is a source that says so."""
    sources: list[VideoSource] = []
    for child in _children(folder) if children is None else children:
        if child.is_dir():
            imgs = child / "Imgs"  # DAVSOD: <video>/Imgs/*.png
            sources.append(FrameFolder(imgs, name=child.name) if _has_frames(imgs) else FrameFolder(child))
        elif child.suffix.lower() in VIDEO_SUFFIXES and child.is_file():
            sources.append(VideoFile(child))
    if not any(source.length != 0 for source in sources):
        error = InputError(f"{folder} holds no {WANTED}")
        return [UnreadableSource(folder.resolve().name, folder, error)]
    return sources


def _has_frames(folder: Path) -> bool:
    try:
        return any(is_image(child) for child in folder.iterdir())
    except OSError:  # absent, no folder, or closed to us: then reading it says so
        return False
