"""A folder of frames as a video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from vsodboost.data.errors import InputError
from vsodboost.data.video import FOLDER_FPS, Frame, natural_order
from vsodboost.io.faint_frames import refuse_faint
from vsodboost.io.image_file import KINDS, is_image, read_rgb
from vsodboost.io.limits import MAX_PIXELS, special
from vsodboost.io.output_paths import safe_name


class FrameFolder:
    """Frames (``image_file.KINDS``: jpg, png, webp, tif ...) of one folder in natural order (``natural_order``).

    Hidden files and folders inside are passed over. ``files`` restricts it to some of the folder's frames.
    Grey and 16-bit frames become ``uint8`` RGB and an EXIF orientation is applied: see ``image_file.read_rgb``. A frame
    of more than ``max_pixels`` pixels is refused before it is decoded; a pipe or device of that name is never opened.
    """

    def __init__(
        self,
        path: Path,
        name: str | None = None,
        files: Sequence[Path] | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self.path = path
        self.name = name or path.resolve().name
        self.fps = FOLDER_FPS
        self._files = files
        self._max_pixels = max_pixels

    @cached_property
    def _listing(self) -> list[Path] | InputError:
        try:
            files = self.path.iterdir() if self._files is None else iter(set(self._files))
            by_name = {file.name: file for file in files if is_image(file) and not file.is_dir()}
        except OSError as error:
            return InputError(f"cannot read {self.path}: {error.strerror or error}")
        stems: dict[str, Path] = {}
        for name in natural_order(by_name):
            file = by_name[name]
            what = special(file)
            if what is not None:
                return InputError(f"{file} is {what}, not a file; remove it, or copy what it gives into a file")
            try:
                safe_name(file.stem)  # said before any work, not when its map is to be written
            except InputError as error:
                return InputError(f"{self.path}: {error}")
            if file.stem in stems:
                return InputError(f"{self.path} holds both {stems[file.stem].name} and {file.name}; remove one")
            stems[file.stem] = file
        return list(stems.values())

    @property
    def length(self) -> int | None:
        """Number of frames in the folder; None when it cannot be listed."""
        return None if isinstance(self._listing, InputError) else len(self._listing)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the frames, in natural order; none when the folder cannot be listed."""
        return () if isinstance(self._listing, InputError) else tuple(file.stem for file in self._listing)

    @property
    def files(self) -> tuple[Path, ...]:
        """The frames' files, in natural order; none when the folder cannot be listed."""
        return () if isinstance(self._listing, InputError) else tuple(self._listing)

    @cached_property
    def size(self) -> tuple[int, int]:
        """(H, W) of the first frame in px; raises InputError when it cannot be read."""
        height, width = next(self.frames()).image.shape[:2]
        return height, width

    def frames(self) -> Iterator[Frame]:
        """The frames in natural order.

        Raises:
            InputError: no frames, one that cannot be read or is no file, one of another size than the first, two of one
                name, a name that no map can have, or 10 or 12 bits stored as 16.
        """
        if isinstance(self._listing, InputError):
            raise self._listing
        if not self._listing:
            raise InputError(f"{self.path} holds no frames ({', '.join(KINDS)})")
        first: tuple[int, ...] | None = None
        for file in self._listing:
            image = read_rgb(file, self._max_pixels)
            if first is None:
                refuse_faint(image, self._listing, self._max_pixels)
                first = image.shape
            if image.shape != first:
                raise InputError(
                    f"{file} is {image.shape[1]}x{image.shape[0]}, but the first frame {self._listing[0].name} is "
                    f"{first[1]}x{first[0]}; all frames of a video must have one size"
                )
            yield Frame(file.stem, image)
