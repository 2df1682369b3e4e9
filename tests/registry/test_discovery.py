"""Discovery of plugins: the built-in ones, strangers' packages, and what a broken one may not do."""

from __future__ import annotations

import types
from typing import Any

import pytest
from stranger_package import GOOD, Install, install

import vsodboost
from vsodboost.data.cards import BoosterCard, Card, DetectorCard, FlowCard, SpatialModelCard, TargetCard
from vsodboost.data.errors import PluginError, UnknownPlugin, UsageError
from vsodboost.registry.discovery import KINDS, Registry
from vsodboost.registry.interfaces import Request

__all__ = ["install"]

HEAD = "import vsodboost\n\n@vsodboost.hookimpl\n"


def plugin(**hooks: Any) -> types.ModuleType:
    """A plugin module with these hook implementations."""
    module = types.ModuleType("made")
    for name, function in hooks.items():
        setattr(module, name, vsodboost.hookimpl(function))
    return module


def empty() -> Registry:
    registry = Registry()
    registry.manager.add_hookspecs(vsodboost.registry.hookspecs)
    return registry


def reason(registry: Registry, name: str) -> str:
    [found] = [broken.reason for broken in registry.broken if broken.plugin == name]
    assert "\n" not in found
    return found


def test_built_in_plugins_come_through_entry_points_and_none_is_broken() -> None:
    registry = Registry.load(only=[])
    assert registry.broken == []
    assert {"lite", "maps", "onnx", "torch", "ssav"} <= set(registry.entries["targets"])
    assert {"dis", "farneback", "raft"} <= set(registry.entries["flows"])
    assert "mqp" in registry.entries["boosters"] and "lite" in registry.entries["spatial_models"]


def test_every_built_in_card_says_what_it_is() -> None:
    special = {
        "targets": TargetCard,
        "flows": FlowCard,
        "detectors": DetectorCard,
        "boosters": BoosterCard,
        "spatial_models": SpatialModelCard,
        "fusion_networks": SpatialModelCard,
    }
    kinds = {kind: special.get(kind, Card) for kind in KINDS}
    registry = Registry.load(only=[])
    for kind in KINDS:
        for entry in registry.entries[kind].values():
            assert isinstance(entry.card, kinds[kind]), entry
            assert entry.card.summary and "\n" not in entry.card.summary and entry.card.licence, entry
            assert all(help_ for help_ in entry.card.options.values()), entry


def test_a_strangers_package_adds_a_target_and_a_flow(install: Install) -> None:
    install("stranger")
    registry = Registry.load()
    assert registry.broken == []
    assert registry.entries["targets"]["bright"].plugin == "stranger"
    built, card = registry.build("flows", "nothing")
    assert hasattr(built, "estimate") and card.summary == "no motion at all"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import a_package_nobody_has\n", "ModuleNotFoundError: No module named 'a_package_nobody_has'"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("def f(:\n", "SyntaxError"),
        ("raise SystemExit('not here')\n", "SystemExit: it called sys.exit('not here')"),
        (HEAD + "def vsodboost_register_target(register): ...\n", "unknown hook 'vsodboost_register_target'"),
        (HEAD + "def vsodboost_register_targets(add): ...\n", "hook 'vsodboost_register_targets'"),
        (HEAD + "def vsodboost_register_targets(register): register('x')\n", "missing 2 required positional arguments"),
        (
            HEAD + "def vsodboost_register_targets(register): register('x', None, vsodboost.TargetCard('y'))\n",
            "register('x', factory, card) needs a callable and a TargetCard, not a NoneType and a TargetCard",
        ),
        (
            HEAD + "def vsodboost_register_targets(register): register('x', print, vsodboost.FlowCard('y'))\n",
            "register('x', factory, card) needs a callable and a TargetCard",
        ),
        (
            HEAD + "def vsodboost_register_flows(register): register('a:b', print, vsodboost.FlowCard('y'))\n",
            "'a:b' is no name",
        ),
        ("def vsodboost_register_flows(register): ...\n", "vsodboost_register_flows is not marked as a hook; write @h"),
        (HEAD + "def vsodboost_register_flows(register): raise OSError('no\\nlibrary')\n", "no library"),
        (
            HEAD + "def vsodboost_register_targets(register): register('lite', print, vsodboost.TargetCard('y'))\n",
            "registers the target 'lite', which target-lite already has; leave one out with --no-plugin broken",
        ),
    ],
)
def test_a_broken_package_is_recorded_and_the_rest_works(install: Install, code: str, said: str) -> None:
    install("stranger")
    install("broken", code)
    registry = Registry.load()
    assert said in reason(registry, "broken")
    assert [broken.plugin for broken in registry.broken] == ["broken"]
    assert "bright" in registry.entries["targets"] and registry.entries["targets"]["lite"].plugin == "target-lite"
    assert not any(entry.plugin == "broken" for kind in KINDS for entry in registry.entries[kind].values())


def test_a_package_that_breaks_halfway_leaves_nothing_behind(install: Install) -> None:
    install("halfway", GOOD + "\n@vsodboost.hookimpl\ndef vsodboost_register_boosters(register): 1 / 0\n")
    registry = Registry.load()
    assert "division by zero" in reason(registry, "halfway")
    assert "bright" not in registry.entries["targets"] and "nothing" not in registry.entries["flows"]
    assert registry.manager.get_plugin("halfway") is None


def test_our_own_names_cannot_be_taken_by_a_package_that_sorts_first(install: Install) -> None:
    install("aaa", HEAD + "def vsodboost_register_flows(register): register('dis', print, vsodboost.FlowCard('y'))\n")
    registry = Registry.load()
    assert registry.entries["flows"]["dis"].plugin == "flow-dis"
    assert "which flow-dis already has" in reason(registry, "aaa")


def test_two_packages_with_one_entry_point_name_do_not_harm_each_other(install: Install) -> None:
    install("first", GOOD, entry_point="same")
    install("second", GOOD, entry_point="same")
    registry = Registry.load()
    assert "another plugin has that name" in reason(registry, "same")
    assert registry.entries["targets"]["bright"].plugin == "same"


def test_no_plugin_leaves_one_out_and_an_unknown_name_is_refused(install: Install) -> None:
    install("stranger")
    assert "bright" not in Registry.load(no_plugin=["stranger"]).entries["targets"]
    assert "lite" not in Registry.load(no_plugin=["target-lite"]).entries["targets"]
    with pytest.raises(UsageError, match="no plugin is called 'strager'; did you mean stranger"):
        Registry.load(no_plugin=["strager"])


def test_load_plugins_names_the_strangers_to_load(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("stranger")
    install("other", "raise RuntimeError('never imported')\n")
    monkeypatch.setenv("VSODBOOST_LOAD_PLUGINS", "stranger")
    registry = Registry.load()
    assert registry.broken == [] and "bright" in registry.entries["targets"] and "lite" in registry.entries["targets"]
    monkeypatch.setenv("VSODBOOST_LOAD_PLUGINS", "")
    assert "bright" not in Registry.load().entries["targets"]
    monkeypatch.setenv("VSODBOOST_LOAD_PLUGINS", "stranger, gone")
    assert "not installed" in reason(Registry.load(), "gone")


def test_unknown_names_get_near_ones_and_the_broken_plugins(install: Install) -> None:
    install("broken", "1 / 0\n")
    registry = Registry.load()
    with pytest.raises(
        UnknownPlugin, match=r"no target is called 'ssaw'; did you mean ssav.*\?; failed to load: broken "
    ):
        registry.find("targets", "ssaw")
    with pytest.raises(UnknownPlugin, match=r"no flow estimator is called 'zzz'; known: .*dis, .*raft"):
        registry.find("flows", "zzz")


def test_arguments_and_options_are_checked_against_the_card() -> None:
    registry = empty()
    card = TargetCard("t", argument="DIR", options={"gain": "how much"})
    asked: list[Request] = []

    def register(register: Any) -> None:
        register("t", lambda request: asked.append(request) or print, card)
        register("plain", lambda request: print, TargetCard("p"))
        register("maybe", lambda request: print, TargetCard("m", argument="[DIR]"))

    registry.add(plugin(vsodboost_register_targets=register), "made")
    registry.build("targets", "t:some/dir:with-colon", Request(options={"gain": "2"}, device="cpu", seed=3))
    assert asked == [Request("some/dir:with-colon", {"gain": "2"}, "cpu", 3)]
    registry.build("targets", "maybe")
    for spec, options, said in (
        ("t", {}, "target 't' needs an argument: t:DIR"),
        ("plain:x", {}, "target 'plain' takes no argument, but 'x' was given"),
        ("t:x", {"gian": "1"}, "no option of target 't' is called 'gian'; did you mean gain"),
    ):
        with pytest.raises(UsageError, match=said):
            registry.build("targets", spec, Request(options=options))


def test_a_factory_that_fails_or_returns_something_else_is_a_plugin_error() -> None:
    registry = empty()

    def flows(register: Any) -> None:
        register("fails", lambda request: {}["weights"], FlowCard("f"))
        register("none", lambda request: None, FlowCard("n"))

    def boosters(register: Any) -> None:
        register("none", lambda request: None, BoosterCard("n"))

    registry.add(plugin(vsodboost_register_flows=flows, vsodboost_register_boosters=boosters), "made")
    with pytest.raises(
        PluginError, match=r"flow estimator 'fails' \(plugin made\) could not be built: KeyError: 'weights'"
    ):
        registry.build("flows", "fails")
    with pytest.raises(PluginError, match="factory returned a NoneType without the method estimate"):
        registry.build("flows", "none")
    with pytest.raises(PluginError, match="factory returned a NoneType without the method mine"):
        registry.build("boosters", "none")


def test_one_object_is_registered_once() -> None:
    registry = empty()
    made = plugin(vsodboost_register_flows=lambda register: register("f", print, FlowCard("f")))
    registry.add(made, "made")
    with pytest.raises(PluginError, match="loaded under another name"):
        registry.add(made, "again")
    assert registry.entries["flows"]["f"].plugin == "made"
