"""A folder of frames as a video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from vsodboost.data.errors import InputError
from vsodboost.data.video import FOLDER_FPS, Frame, natural_key
from vsodboost.io.image_file import is_image, read_rgb


class FrameFolder:
    """Frames ``jpg``, ``jpeg``, ``png`` or ``bmp`` of one folder in natural order (``frame2`` before ``frame10``).

    Hidden files and folders inside are passed over. ``files`` restricts it to some of the folder's frames.
    Grey and 16-bit frames become ``uint8`` RGB and an EXIF orientation is applied: see ``image_file.read_rgb``.
    """

    def __init__(self, path: Path, name: str | None = None, files: Sequence[Path] | None = None) -> None:
        self.path = path
        self.name = name or path.resolve().name
        self.fps = FOLDER_FPS
        self._files = None if files is None else sorted(set(files), key=lambda file: natural_key(file.name))

    @cached_property
    def _listing(self) -> list[Path] | InputError:
        if self._files is not None:
            return self._files
        try:
            files = [file for file in self.path.iterdir() if is_image(file)]
        except OSError as error:
            return InputError(f"cannot read {self.path}: {error.strerror or error}")
        return sorted(files, key=lambda file: natural_key(file.name))

    @property
    def length(self) -> int | None:
        """Number of frames in the folder; None when it cannot be listed."""
        return None if isinstance(self._listing, InputError) else len(self._listing)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the frames, in natural order; none when the folder cannot be listed."""
        return () if isinstance(self._listing, InputError) else tuple(file.stem for file in self._listing)

    @cached_property
    def size(self) -> tuple[int, int]:
        """(H, W) of the first frame in px; raises InputError when it cannot be read."""
        height, width = next(self.frames()).image.shape[:2]
        return height, width

    def frames(self) -> Iterator[Frame]:
        """The frames in natural order.

        Raises:
            InputError: no frames, one that cannot be read, one of another size than the first, or two of one name.
        """
        if isinstance(self._listing, InputError):
            raise self._listing
        if not self._listing:
            raise InputError(f"{self.path} holds no frames (jpg, jpeg, png, bmp)")
        names: dict[str, Path] = {}
        for file in self._listing:
            if file.stem in names:
                raise InputError(f"{self.path} holds both {names[file.stem].name} and {file.name}; remove one")
            names[file.stem] = file
        first: tuple[int, ...] | None = None
        for file in self._listing:
            image = read_rgb(file)
            first = first or image.shape
            if image.shape != first:
                raise InputError(
                    f"{file} is {image.shape[1]}x{image.shape[0]}, but the first frame {self._listing[0].name} is "
                    f"{first[1]}x{first[0]}; all frames of a video must have one size"
                )
            yield Frame(file.stem, image)
