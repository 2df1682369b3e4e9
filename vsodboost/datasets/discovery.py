"""One path to the videos in it: a file, a frame folder, a DAVIS root, a folder of videos or of frame folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vsodboost.data.errors import InputError, UsageError
from vsodboost.data.video import UnreadableSource, VideoSource, natural_order
from vsodboost.datasets.layout import Layout
from vsodboost.datasets.passed_over import PassedOver, holds_videos, is_results, is_system
from vsodboost.datasets.reading import LAYOUTS, read_dataset
from vsodboost.datasets.sequence import Dataset
from vsodboost.datasets.videos import dataset_videos, recognised_dataset
from vsodboost.io.frame_folder import FrameFolder
from vsodboost.io.image_file import KINDS, is_image
from vsodboost.io.limits import MAX_PIXELS, special
from vsodboost.io.video_file import VideoFile, is_video

WANTED = f"frames ({', '.join(KINDS)}), videos or folders of frames"


class Discovery:
    """Finds videos. What is no video among them goes to ``passed``; ``data_sets`` are lines on those that were
    recognised by their layout. With ``layout`` each path is a data set of that layout, tried by ``layouts``."""

    def __init__(
        self,
        passed: PassedOver,
        max_pixels: int = MAX_PIXELS,
        layout: str | None = None,
        layouts: Sequence[Layout] = LAYOUTS,
    ) -> None:
        self.data_sets: list[str] = []
        self._passed = passed
        self._max_pixels = max_pixels
        self._layout = layout
        self._layouts = layouts
        self._theirs = tuple(reader for reader in layouts if not any(reader is own for own in LAYOUTS))

    def at(self, path: Path) -> list[VideoSource]:
        """The videos at ``path``, which exists, in natural order.

        Raises:
            UsageError: ``path`` holds no video, is no regular file, has not the layout that was asked for, or it is
                unclear which videos are meant.
        """
        if self._layout is not None:
            if not path.is_dir():
                raise UsageError(f"{path} is no folder, so it has no layout {self._layout}; leave out --layout")
            return self._sequences(read_dataset(path, self._layout, self._layouts))
        if self._theirs and path.is_dir() and (found := recognised_dataset(path, self._theirs)) is not None:
            return self._sequences(found)
        return self._recognised(path)

    def _sequences(self, found: Dataset) -> list[VideoSource]:
        if found.layout != "plain":
            self.data_sets.append(f"{found.root}: {found.summary}")
        return dataset_videos(found, self._max_pixels)

    def _recognised(self, path: Path) -> list[VideoSource]:
        if not path.is_dir():
            if not path.is_file():
                what = special(path)
                raise UsageError(f"{path} is {what}, neither a file nor a folder; copy what it gives into a file")
            return [VideoFile(path, self._max_pixels)]
        hidden = PassedOver()
        children = _children(path, hidden)
        frames = [child for child in children if is_image(child) and not child.is_dir()]
        videos = [child for child in children if is_video(child) and child.is_file()]
        if frames and videos:
            raise UsageError(
                f"{path} holds {len(frames)} frames and {len(videos)} videos; "
                f"say which are meant, for instance '{path / ('*' + videos[0].suffix)}'"
            )
        if frames:
            self._look_beside(path, frames, children)
            return [FrameFolder(path, max_pixels=self._max_pixels)]
        jpeg_images = path / "JPEGImages"
        if jpeg_images.is_dir():
            return self._davis(jpeg_images)
        if path.name == "JPEGImages":
            return self._davis(path)
        if (found := recognised_dataset(path, self._layouts)) is not None:
            return self._sequences(found)
        self._passed.update(hidden)
        return self._inside(path, children)

    def _look_beside(self, path: Path, frames: list[Path], children: list[Path]) -> None:
        """Note folders of frames beside frames (masks, say); one lone picture there may be a poster: refused."""
        folders = [child for child in children if child.is_dir() and not is_system(child) and _has_frames(child)]
        if len(frames) == 1 and folders:
            raise UsageError(
                f"{path} holds one frame, {frames[0].name}, and folders of frames ({folders[0].name} ...); "
                "move the frame away if it is no video, or give the folder that is meant"
            )
        for folder in folders:
            self._passed.add(folder, "inner")

    def _davis(self, jpeg_images: Path) -> list[VideoSource]:
        """The sequences of a DAVIS or SegTrack root; of several resolutions 480p is taken, the one papers report."""
        if (jpeg_images / "480p").is_dir():
            return self._inside(jpeg_images / "480p")
        folders = [child for child in _children(jpeg_images) if child.is_dir() and not is_system(child)]
        if any(_has_frames(folder) for folder in folders):
            return self._inside(jpeg_images)
        resolutions = [folder for folder in folders if any(_has_frames(child) for child in _children(folder))]
        if len(resolutions) > 1:
            names = ", ".join(folder.name for folder in resolutions)
            raise UsageError(f"{jpeg_images} holds several resolutions ({names}); give the folder of one")
        return self._inside(resolutions[0] if resolutions else jpeg_images)

    def _inside(self, folder: Path, children: list[Path] | None = None) -> list[VideoSource]:
        """Video files and frame folders directly in ``folder``; when there is none, a source that says so."""
        sources: list[VideoSource] = []
        for child in _children(folder, self._passed) if children is None else children:
            source = self._child(child)
            if source is not None:
                sources.append(source)
        if not sources:
            notes = "; ".join(self._passed.notes(folder))
            if any(_has_frames(inner) for child in _folders(folder) for inner in _folders(child)):
                notes += f"{'; ' if notes else ''}'{folder / '*' / '*'}' takes the folders of frames in folders"
            error = InputError(f"{folder} holds no {WANTED}" + (f"; {notes}" if notes else ""))
            return [UnreadableSource(folder.resolve().name, folder, error)]
        return sources

    def _child(self, child: Path) -> VideoSource | None:
        """The video that a file or folder among others is; None for what is passed over."""
        imgs = child / "Imgs"  # DAVSOD: <video>/Imgs/*.png
        if is_system(child):
            self._passed.add(child, "system")
        elif child.is_dir() and is_results(child):
            self._passed.add(child, "results")
        elif child.is_dir() and _has_frames(imgs):
            return FrameFolder(imgs, name=child.name, max_pixels=self._max_pixels)
        elif child.is_dir() and _has_frames(child):
            return FrameFolder(child, max_pixels=self._max_pixels)
        elif child.is_dir():
            self._passed.add(child, "deeper" if holds_videos(child) else "empty")
        elif is_video(child) and child.is_file():
            return VideoFile(child, self._max_pixels)
        elif is_video(child):
            what = special(child) or "a link to nothing"
            return UnreadableSource(child.stem, child, InputError(f"{child} is {what}, not a file; remove it"))
        else:
            self._passed.add(child, "other")
        return None


def _children(folder: Path, passed: PassedOver | None = None) -> list[Path]:
    """What is in a folder, in natural order; hidden files and folders go to ``passed``."""
    try:
        found = {child.name: child for child in folder.iterdir()}
    except OSError as error:
        raise UsageError(f"cannot read {folder}: {error.strerror or error}") from error
    names = natural_order(found)
    if passed is not None:
        for name in names:
            if name.startswith("."):
                passed.add(found[name], "hidden")
    return [found[name] for name in names if not name.startswith(".")]


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder that may be a user's; none where it cannot be read."""
    try:
        return [c for c in folder.iterdir() if c.is_dir() and not c.name.startswith(".") and not is_system(c)]
    except OSError:
        return []


def _has_frames(folder: Path) -> bool:
    """Whether there are frames in a folder, or it is closed to us: then reading it says so."""
    try:
        return any(is_image(child) and not child.is_dir() for child in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
