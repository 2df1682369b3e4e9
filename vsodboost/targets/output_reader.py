"""The reading of a network's output: which output is the map, which class, and what its numbers mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from vsodboost.data.errors import PluginError, UsageError
from vsodboost.targets.model_output import as_classes, as_maps, final_of, named_tensors
from vsodboost.targets.value_range import UNIT, Meaning, Scale, Unclear, meaning

if TYPE_CHECKING:
    from torch import Tensor

Activation = Literal["auto", "sigmoid", "softmax", "none"]
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)


class OutputReader:
    """Turns what a network returns into maps ``[N, 1, h, w]``, in the same way in every call.

    The first call, which should be a trial with frames like those to come, settles what was not asked for; later calls
    that contradict it are refused. ``output`` is the name or number of the output that is the map, ``label`` the number
    of the class that is the object, ``scale`` what the values run over. ``owner`` begins every refusal; ``mend`` takes
    the place of the options that refusals name. ``words`` are names of ``output`` that say an activation where no
    output is called so.
    """

    def __init__(
        self,
        owner: str,
        *,
        output: str = "",
        label: int | None = None,
        activation: Activation = "auto",
        scale: Scale | None = None,
        mend: str = "",
        words: Mapping[str, Activation] | None = None,
    ) -> None:
        self.notes: list[str] = []
        """What the user should know of how the output is read, a line each."""
        self.always_probabilities = False
        """Whether logits become probabilities here, because whoever asks counts on probabilities by now."""
        self._owner, self._mend = owner, mend
        self._asked, self._label, self._activation, self._words = output, label, activation, words or {}
        self._name: str | None = None
        self._softmax = activation == "softmax"
        self._meaning: Meaning = scale
        self._is_sure = scale is not None or activation != "auto"
        if scale is None and activation != "auto":
            self._meaning = "logits" if activation == "sigmoid" else UNIT

    @property
    def gives_logits(self) -> bool:
        """Whether the maps that come out are logits."""
        return self._meaning == "logits" and not self.always_probabilities

    def __call__(self, output: Any, count: int, size: tuple[int, int]) -> Tensor:
        """Maps ``[count, 1, h, w]`` of ``count`` frames of ``size`` (h, w); logits or in [0, 1].

        Raises:
            UsageError: in the first call, when no output is a map a frame, or what it means cannot be told.
            PluginError: in later ones, when the output differs from the first one's.
        """
        named = named_tensors(output)
        if self._name is None:
            self._name = self._chosen(named, count, size)
        maps = self._maps(named.get(self._name), count, size)
        if maps is None:
            raise PluginError(f"{self._owner} gives {_shapes(named)} for {count} frames, other than in its trial call")
        return self._read(maps)

    # --- which output ---------------------------------------------------------------------------------------------

    def _chosen(self, named: dict[str, Tensor], count: int, size: tuple[int, int]) -> str:
        among = self._asked_for(named)
        maps = {name: m for name, x in among.items() if (m := as_maps(x, count, size)) is not None}
        classes = {name: c for name, x in among.items() if (c := as_classes(x, count, size)) is not None}
        if self._label is not None and classes:
            maps = {name: c[:, :1] for name, c in classes.items()}
        if self._softmax and not classes:
            raise self._refusal(f"gives {_shapes(among)}, so there is no softmax over classes", "leave out activation")
        if not maps and classes:
            raise self._which_class(*next(iter(classes.items())))
        if not maps:
            wanted = "a target gives one map a frame, as [N,1,h,w]"
            raise self._refusal(f"gives {_shapes(among) or 'nothing'} for {count} frame{'s' * (count > 1)}", wanted)
        name = final_of({name: (int(m.shape[-2]), int(m.shape[-1])) for name, m in maps.items()})
        if self._label is not None:
            self._check_label(name, among[name], classes.get(name))
        if len(maps) > 1:
            taken = f"'{name}' {_hw(maps[name])}"
            rest = [f"'{other}' {_hw(m)}" for other, m in maps.items() if other != name]
            others = ", ".join(rest[:3]) + (f" or {len(rest) - 3} more" if len(rest) > 3 else "")
            self.notes.append(f"of its outputs {taken} is taken as the map, not {others}{self._way('output=NAME')}")
        return name

    def _asked_for(self, named: dict[str, Tensor]) -> dict[str, Tensor]:
        """The outputs that go by the name or number that was asked for; all when none was."""
        asked, names = self._asked, list(named)
        if not asked:
            return named
        found = {n: x for n, x in named.items() if n == asked or n.startswith(f"{asked}.")}
        if not found and asked.isdecimal() and int(asked) < len(names):
            found = {names[int(asked)]: named[names[int(asked)]]}
        if not found and asked in self._words:
            if self._activation == "auto":
                self._is_sure, self._meaning = True, "logits" if self._words[asked] == "sigmoid" else UNIT
            return named
        if not found:
            known = ", ".join(f"{name or 'a tensor without name'} ({index})" for index, name in enumerate(names))
            raise UsageError(f"{self._owner} has no output '{asked}'; it has {known or 'none'}")
        return found

    # --- which class ----------------------------------------------------------------------------------------------

    def _which_class(self, name: str, classes: Tensor) -> UsageError:
        count = int(classes.shape[1])
        softmax = " (they sum to 1: a softmax)" if _is_softmax(classes) else ""
        what = f"gives {f'{name!r} with ' if name else ''}{count} classes a pixel{softmax}, not one map a frame"
        way = "class=1 (or class=0)" if count == 2 else f"class=N, from 0 to {count - 1}"
        return self._refusal(what, f"say which one is the object with option {way}")

    def _check_label(self, name: str, tensor: Tensor, classes: Tensor | None) -> None:
        if classes is None:
            values = tensor.float()
            if not bool((values == values.round()).all()):
                raise self._refusal("gives one map without class numbers", "leave out class")
            return
        if not 0 <= (self._label or 0) < classes.shape[1]:
            raise self._refusal(f"has no class {self._label}", f"its {classes.shape[1]} classes begin at 0")
        if self._activation == "auto" and self._meaning is None:
            low, high = float(classes.min()), float(classes.max())
            self._softmax = not (low >= -1e-4 and (high <= 1 + 1e-4 or high > 128))
            if self._softmax:
                self.notes.append(
                    f"class {self._label} is taken after a softmax over {classes.shape[1]} classes"
                    f"{self._way('activation=sigmoid', 'takes it alone')}"
                )
        if self._softmax:
            self._meaning = UNIT

    def _maps(self, tensor: Tensor | None, count: int, size: tuple[int, int]) -> Tensor | None:
        """The output as maps, of the class where one was asked for."""
        if tensor is None:
            return None
        if self._label is None:
            return as_maps(tensor, count, size)
        classes = as_classes(tensor, count, size)
        if classes is not None:
            if self._softmax:
                classes = classes.float().softmax(dim=1)
            return classes[:, self._label : self._label + 1] if self._label < classes.shape[1] else None
        numbers = as_maps(tensor, count, size)
        return None if numbers is None else (numbers == self._label).float()

    # --- what its numbers mean ------------------------------------------------------------------------------------

    def _read(self, maps: Tensor) -> Tensor:
        import torch

        if self._meaning is None:
            self._meaning = self._found(maps)
        elif not self._is_sure and not torch.is_grad_enabled():
            self._check(maps)
        values = maps.float() if not maps.is_floating_point() else maps
        if self._meaning == "logits":
            return values.sigmoid() if self.always_probabilities else values
        if self._meaning in (None, UNIT):
            return values
        scaled: Tensor = self._meaning.unit(values).clamp(0, 1)
        return scaled

    def _found(self, maps: Tensor) -> Meaning:
        values = maps.detach().cpu()
        if not bool(values.isfinite().all()):
            raise UsageError(f"{self._owner} gives NaN or infinite values; are its weights whole?")
        array = (values.float() if values.is_floating_point() else values).numpy()
        try:
            found = meaning(array)
        except Unclear as error:
            ways = (
                "say what they mean: option activation=sigmoid (logits) or none (0..1), range=LOW..HIGH as 0..100, "
                "or class=N (class numbers)"
            )
            raise self._refusal(f"gives {error}", ways) from None
        if isinstance(found, Scale) and found != UNIT:
            seen = f"{float(array.min()):.3g} to {float(array.max()):.3g}"
            self.notes.append(f"its values, {seen} in the trial call, are read as {found}{self._way('range')}")
        return found

    def _check(self, maps: Tensor) -> None:
        """Refuse values that contradict what the first call settled; what is not finite is found by others."""
        low, high = float(maps.min()), float(maps.max())
        if isinstance(self._meaning, Scale) and not self._meaning.holds(low, high) and np.isfinite([low, high]).all():
            what = f"gives values from {low:.3g} to {high:.3g}, but its trial call gave {self._meaning}"
            raise PluginError(str(self._refusal(what, "say what they mean with option activation or range")))

    def _refusal(self, what: str, mend: str) -> UsageError:
        return UsageError(f"{self._owner} {what}; {self._mend or mend}")

    def _way(self, option: str, does: str = "chooses otherwise") -> str:
        return "" if self._mend else f" (option {option} {does})"


def _is_softmax(classes: Tensor) -> bool:
    values = classes.float()
    return bool(((values.sum(dim=1) - 1).abs() < 0.01).all() and (values >= -1e-4).all())


def _shapes(named: Mapping[str, Tensor]) -> str:
    return ", ".join(f"{name} {list(x.shape)}".lstrip() for name, x in named.items())


def _hw(maps: Tensor) -> str:
    return f"{maps.shape[-2]}x{maps.shape[-1]}"
