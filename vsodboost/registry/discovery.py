"""Discovery of plugins: entry points are loaded one by one, so that a broken one loses nothing but itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, get_args

import pluggy

from vsodboost.data.cards import BoosterCard, Card, DetectorCard, FlowCard, SpatialModelCard, TargetCard
from vsodboost.data.errors import PluginError, UnknownPlugin, UsageError, VsodboostError, a_type
from vsodboost.registry import hookspecs
from vsodboost.registry.guard import OURS, guarded, guarded_factory, one_line
from vsodboost.registry.hookspecs import Factory
from vsodboost.registry.interfaces import (
    Builder,
    DecisionRule,
    Detector,
    Executor,
    FlowEstimator,
    FlowReader,
    MotionModel,
    Request,
    SceneDetector,
)

GROUP = "vsodboost"
Kind = Literal[
    "targets", "flows", "detectors", "boosters", "spatial_models", "motion_models", "fusion_networks", "decisions",
    "writers", "executors", "layouts",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
SINGULAR: dict[Kind, str] = {
    "targets": "target",
    "flows": "flow estimator",
    "detectors": "detector",
    "boosters": "booster",
    "spatial_models": "spatial model",
    "motion_models": "motion model",
    "fusion_networks": "fusion network",
    "decisions": "decision",
    "writers": "writer",
    "executors": "executor",
    "layouts": "layout",
}

_CARDS: dict[Kind, type[Card]] = {
    "targets": TargetCard,
    "flows": FlowCard,
    "detectors": DetectorCard,
    "boosters": BoosterCard,
    "spatial_models": SpatialModelCard,
    "motion_models": Card,
    "fusion_networks": SpatialModelCard,
    "decisions": Card,
    "writers": Card,
    "executors": Card,
    "layouts": Card,
}


@dataclass(frozen=True)
class Entry:
    """One registered name: how to build it, its card, and the plugin that brought it."""

    name: str
    factory: Factory
    card: Card
    plugin: str


@dataclass(frozen=True)
class BrokenPlugin:
    """An entry point that could not be loaded, and why, in one line."""

    plugin: str
    reason: str


@dataclass
class Registry:
    """Everything that plugins registered, by kind and name."""

    entries: dict[Kind, dict[str, Entry]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    broken: list[BrokenPlugin] = field(default_factory=list)
    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager("vsodboost"))
    left_out: tuple[str, ...] = ()
    """Plugins that were not to be loaded: what ``load`` needs to make the same registry in another process."""
    packages: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name and version of the package that brought a plugin, by the plugin's name; of our own, and of plugins that no
    package brought, nothing."""

    @classmethod
    def load(cls, *, no_plugin: Iterable[str] = (), only: Sequence[str] | None = None) -> Registry:
        """Load the entry points of group "vsodboost", except ``no_plugin``.

        ``only`` (default: $VSODBOOST_LOAD_PLUGINS, comma-separated, when it is set) names the entry points of other
        packages to load; those of vsodboost itself are always there. A plugin that cannot be loaded is kept in
        ``broken``.

        Raises:
            UsageError: ``no_plugin`` names an entry point that does not exist.
        """
        registry = cls(left_out=tuple(no_plugin))
        registry.manager.add_hookspecs(hookspecs)
        listed = os.environ.get("VSODBOOST_LOAD_PLUGINS")
        if only is None and listed is not None:
            only = [name.strip() for name in listed.split(",") if name.strip()]
        # Our own first: a stranger's package cannot take their names.
        points = sorted(entry_points(group=GROUP), key=lambda point: (not _own(point), point.name))
        unknown = set(no_plugin) - {point.name for point in points}
        if unknown:
            raise UsageError(_no_such("plugin", sorted(unknown)[0], [point.name for point in points]))
        for point in points:
            if point.name in set(no_plugin) or (only is not None and not _own(point) and point.name not in only):
                continue
            registry._load(point)
            if not _own(point):
                registry.packages |= _package(point)
        for name in sorted(set(only or ()) - {point.name for point in points}):
            registry.broken.append(BrokenPlugin(name, "asked for by $VSODBOOST_LOAD_PLUGINS, but not installed"))
        return registry

    def add(self, plugin: Any, name: str) -> None:
        """Register a plugin object (a module or anything with hook implementations) under ``name``.

        Raises:
            PluginError: a hook is misspelt, not marked or has wrong parameters, or the plugin registers a name twice.
        """
        if self.manager.has_plugin(name) or self.manager.is_registered(plugin):
            taken = self.manager.has_plugin(name)
            other = "another plugin has that name" if taken else "it is loaded under another name"
            raise PluginError(f"plugin {name}: {other}; uninstall one of the two packages")
        try:
            _check_marks(plugin)
            self.manager.register(plugin, name=name)
            self.manager.check_pending()
            for kind in KINDS:
                hook = f"vsodboost_register_{kind}"
                if not any(found.plugin is plugin for found in getattr(self.manager.hook, hook).get_hookimpls()):
                    continue
                method = self.manager.subset_hook_caller(hook, self._others(plugin)).__call__
                staged: list[Entry] = []
                method(register=_collector(staged, name, kind))
                for entry in staged:
                    self._put(kind, entry)
        except Exception as error:
            if self.manager.is_registered(plugin):  # pluggy itself drops one whose hooks have wrong parameters
                self.manager.unregister(plugin)
            for named in self.entries.values():
                for key in [k for k, entry in named.items() if entry.plugin == name]:
                    del named[key]
            if isinstance(error, VsodboostError):
                raise
            raise PluginError(f"plugin {name}: {one_line(error)}") from error

    def _others(self, plugin: Any) -> list[Any]:
        return [p for p in self.manager.get_plugins() if p is not plugin]

    def _load(self, point: EntryPoint) -> None:
        try:
            self.add(point.load(), point.name)
        except VsodboostError as error:
            self.broken.append(BrokenPlugin(point.name, str(error)))
        except (Exception, SystemExit) as error:  # whatever a stranger's import raises
            self.broken.append(BrokenPlugin(point.name, f"{type(error).__name__}: {one_line(error)}"))

    def _put(self, kind: Kind, entry: Entry) -> None:
        present = self.entries[kind].get(entry.name)
        if present is not None:
            raise PluginError(
                f"plugin {entry.plugin} registers the {SINGULAR[kind]} '{entry.name}', "
                f"which {present.plugin} already has; "
                f"leave one out with --no-plugin {entry.plugin}"
            )
        self.entries[kind][entry.name] = entry

    def notify(self, hook: str, **values: Any) -> None:
        """Call the observers of ``hook`` (``vsodboost_video_started`` ...), each with the same ``values``.

        Raises:
            PluginError: one of them failed; it is named.
        """
        for name, plugin in self.manager.list_name_plugin():
            if plugin is None or not hasattr(plugin, hook):
                continue
            with guarded(f"plugin {name}: {hook}", of=plugin):
                self.manager.subset_hook_caller(hook, self._others(plugin))(**values)

    def versions(self, used: Iterable[tuple[Kind, str]]) -> dict[str, str]:
        """Return the versions of the packages that brought the plugins ``used``, kind and ``NAME`` or ``NAME:ARGUMENT``
        each, by the packages' names; of what this registry has not, nothing."""
        entries = (self.entries[kind].get(spec.partition(":")[0]) for kind, spec in used)
        return dict(sorted(self.packages[e.plugin] for e in entries if e is not None and e.plugin in self.packages))

    def find(self, kind: Kind, name: str) -> Entry:
        """The entry of that name. Raises UnknownPlugin with near names, and with the plugins that failed to load."""
        try:
            return self.entries[kind][name]
        except KeyError:
            message = _no_such(SINGULAR[kind], name, list(self.entries[kind]))
            if self.broken:
                message += f"; failed to load: {', '.join(b.plugin for b in self.broken)} (see vsodboost plugins)"
            raise UnknownPlugin(message) from None

    def card(self, kind: Kind, name: str) -> Any:
        """The card registered under that name."""
        return self.find(kind, name).card

    def build(self, kind: Kind, spec: str, request: Request | None = None) -> tuple[Any, Any]:
        """What the factory of ``NAME`` or ``NAME:ARGUMENT`` returns, and its card.

        Raises:
            UnknownPlugin: nobody registered that name.
            UsageError: an argument is missing or not wanted, or an option is unknown.
            PluginError: the factory raised something unforeseen, or returned something else.
        """
        request = request or Request()
        entry, argument = self.check(kind, spec, request.options)
        name, card = entry.name, entry.card
        request = replace(request, argument=argument, build=self.builder(request.device, request.seed))
        plugin = f"{SINGULAR[kind]} '{name}' (plugin {entry.plugin})"
        with guarded_factory(plugin, entry.factory):
            built = entry.factory(request)
        if kind == "boosters":
            from vsodboost.registry.booster import as_booster  # here, for NumPy comes with it

            return as_booster(built, plugin), card
        protocols, method = _built(kind)
        if not isinstance(built, protocols):
            raise PluginError(f"{plugin}: its factory returned {a_type(built)} without the method {method}")
        return built, card

    def check(self, kind: Kind, spec: str, options: Mapping[str, str]) -> tuple[Entry, str]:
        """The entry of ``NAME`` or ``NAME:ARGUMENT``, and the argument, where its card allows it and the options.

        Raises:
            UnknownPlugin, UsageError: as ``build`` says.
        """
        name, _, argument = spec.partition(":")
        entry = self.find(kind, name)
        card = entry.card
        if card.argument and not argument and not card.argument.startswith("["):
            raise UsageError(f"{SINGULAR[kind]} '{name}' needs an argument: {name}:{card.argument}")
        if argument and not card.argument:
            raise UsageError(f"{SINGULAR[kind]} '{name}' takes no argument, but '{argument}' was given")
        unknown = sorted(set(options) - set(card.options))
        if unknown:
            raise UsageError(_no_such(f"option of {SINGULAR[kind]} '{name}'", unknown[0], list(card.options)))
        return entry, argument

    def builder(self, device: str = "cpu", seed: int = 0) -> Builder:
        """How one plugin builds another of this registry, on ``device`` and with ``seed``; raises as ``build`` does."""

        def build(kind: str, spec: str) -> Any:
            known = next((each for each in KINDS if each == kind), None)
            if known is None:
                raise PluginError(_no_such("kind of plugin", kind, KINDS))
            return self.build(known, spec, Request(device=device, seed=seed))[0]

        return build


def _check_marks(plugin: Any) -> None:
    """Refuse a function with a hook's name that nobody would call, since ``hookimpl`` was forgotten."""
    for hook in vars(hookspecs):
        function = getattr(plugin, hook, None) if hook.startswith("vsodboost_") else None
        if callable(function) and not hasattr(function, f"{GROUP}_impl"):
            raise PluginError(f"{hook} is not marked as a hook; write @hookimpl above it (from vsodboost)")


def _built(kind: Kind) -> tuple[type | tuple[type, ...], str]:
    """Return what the factories of a kind must make, and the method by which it is known."""
    from vsodboost.registry.writer import Writer  # here, for NumPy comes with it

    wanted: dict[Kind, tuple[type | tuple[type, ...], str]] = {
        "flows": (FlowEstimator, "estimate"),
        "detectors": ((Detector, SceneDetector), "detect or detect_scene"),
        "motion_models": ((MotionModel, FlowReader), "predict or predict_flow"),
        "decisions": (DecisionRule, "decide"),
        "writers": (Writer, "add"),
        "executors": (Executor, "run"),
    }
    return wanted.get(kind, (object, ""))


def _own(point: EntryPoint) -> bool:
    return point.module.split(".")[0] in OURS


def _package(point: EntryPoint) -> dict[str, tuple[str, str]]:
    """Return name and version of the package that an entry point is of, by the entry point's name."""
    metadata = None if point.dist is None else point.dist.metadata
    if metadata is None or "Name" not in metadata or "Version" not in metadata:
        return {}
    return {point.name: (metadata["Name"], metadata["Version"])}


def _collector(staged: list[Entry], plugin: str, kind: Kind) -> Any:
    wanted = _CARDS[kind]

    def register(name: str, factory: Factory, card: Card) -> None:
        if not isinstance(name, str) or not name or ":" in name:
            raise PluginError(f"plugin {plugin}: '{name}' is no name; use letters, digits, - and _")
        if not callable(factory) or not isinstance(card, wanted):
            raise PluginError(
                f"plugin {plugin}: register('{name}', factory, card) needs a callable and a {wanted.__name__}, "
                f"not {a_type(factory)} and {a_type(card)}"
            )
        staged.append(Entry(name, factory, card, plugin))

    return register


def _no_such(what: str, name: str, known: Sequence[str]) -> str:
    import difflib  # here, for it is needed where something is wrong only

    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
    return f"no {what} is called '{name}'; {hint}"
