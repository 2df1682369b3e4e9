"""The exception tree. Every message is one line that names the file, frame or plugin, and the mend.

VsodboostError
├── UsageError            the request makes no sense: unknown name, bad option, missing path  (exit 2)
│   └── UnknownPlugin     no such target, flow, detector, booster ...; lists near names
└── VideoError            one video cannot be processed; the others go on                    (exit 1)
    ├── InputError        the video or a map cannot be read, or is not what it claims
    ├── PluginError       a plugin raised, or returned something of the wrong shape, dtype or range
    └── WeightsError      a weights file is missing, damaged or belongs to another model
"""

from __future__ import annotations


class VsodboostError(Exception):
    """Base of every error this package raises on purpose; ``exit_code`` is what the CLI leaves with."""

    exit_code = 1


class UsageError(VsodboostError):
    """The request itself makes no sense (unknown name, bad option, missing path)."""

    exit_code = 2


class UnknownPlugin(UsageError):
    """No plugin of that kind is registered under the name asked for."""


class VideoError(VsodboostError):
    """One video cannot be processed; a run over several videos goes on with the next."""


class InputError(VideoError):
    """A video, frame, map or annotation cannot be read, or is not what it claims to be."""


class PluginError(VideoError):
    """A plugin raised, or returned something that its contract forbids."""


class WeightsError(VideoError):
    """A weights file is missing, damaged, or belongs to another model."""


def a_type(thing: object) -> str:
    """Return what kind of thing was given, for messages: "a list", "an int"."""
    name = type(thing).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
