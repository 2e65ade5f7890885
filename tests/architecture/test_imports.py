"""Which way imports go, as docs/architecture.md says."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clinic"
# Lowest first: an area may import only those before it.
AREAS = [
    "audit",
    "auth",
    "directory",
    "patients",
    "documents",
    "appointments",
    "visits",
    "queue",
    "tasks",
    "exports",
    "imports",
    "desk",
    "ops",
]
LAYERS = {"models": 0, "queries": 1, "service": 2, "forms": 2, "jobs": 3, "routes": 3}
EDGES = {"routes", "jobs"}
EDGE_AREAS = {"desk", "ops"}
FLASK_FREE = {"service", "queries", "models"}
# Allowed to import inside functions: the factory binds blueprints, the command line loads lazily.
LAZY = {PACKAGE / "__init__.py"}


def modules() -> Iterator[tuple[str, Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield name, path, ast.parse(path.read_text())


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names
            # `from package import module` depends on the module, not on all that the package gathers.
            if not all(_is_module(name) for name in names):
                yield node.module or ""


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def area_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "clinic" and parts[1] in AREAS else None


def layer_of(module: str) -> str | None:
    return next((part for part in module.split(".")[2:] if part in LAYERS), None)


MODULES = list(modules())


def test_areas_import_only_areas_below_them() -> None:
    wrong = []
    for name, _, tree in MODULES:
        area, is_edge = area_of(name), layer_of(name) in EDGES or area_of(name) in EDGE_AREAS
        for target in imported(tree):
            other = area_of(target)
            if area and other and other != area and not is_edge and AREAS.index(other) > AREAS.index(area):
                wrong.append(f"{name} -> {target}")
    assert not wrong


def test_inside_an_area_imports_go_from_the_edge_to_the_models() -> None:
    wrong = []
    for name, _, tree in MODULES:
        layer = layer_of(name)
        for target in imported(tree):
            other = layer_of(target)
            if layer and other and area_of(target) == area_of(name) and LAYERS[other] > LAYERS[layer]:
                wrong.append(f"{name} -> {target}")
    assert not wrong


def test_nobody_imports_routes_but_the_factory() -> None:
    wrong = [
        f"{name} -> {target}"
        for name, path, tree in MODULES
        if path != PACKAGE / "__init__.py"
        for target in imported(tree)
        if layer_of(target) == "routes" and target.startswith("clinic.") and not name.endswith("routes")
    ]
    assert not wrong


def test_services_queries_and_models_know_no_flask() -> None:
    wrong = [
        f"{name} -> {target}"
        for name, path, tree in MODULES
        if layer_of(name) in FLASK_FREE or name in ("clinic.crypto", "clinic.errors", "clinic.names", "clinic.clock")
        for target in imported(tree)
        if target.split(".")[0] in ("flask", "flask_login", "flask_wtf") or target.startswith("clinic.web")
    ]
    assert not wrong


def test_there_are_no_import_cycles() -> None:
    names = {name for name, _, _ in MODULES}
    graph = {name: {t for t in imported(tree) if t in names and t != name} for name, _, tree in MODULES}
    graph["clinic"] = set()
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ((".commit(",), {"clinic/db.py"}),
        (("os.environ", "os.getenv"), {"clinic/config.py"}),
        (("create_all(",), set()),
        (
            ("except Exception", "except:", "except BaseException"),
            {"clinic/db.py", "clinic/ops/supervisor.py", "clinic/ops/surviving.py"},
        ),
        # What is left for the next page travels in a cookie: sealed, or not at all.
        ((" flash(", "flash,", "get_flashed_messages("), {"clinic/web/flashes.py"}),
    ],
)
def test_some_things_are_done_in_one_place_only(words: tuple[str, ...], allowed: set[str]) -> None:
    found = {
        str(path.relative_to(ROOT))
        for _, path, _ in MODULES
        if any(word in line.split("#")[0] for line in path.read_text().splitlines() for word in words)
    }
    assert found <= allowed


def test_modules_stay_short() -> None:
    long = {str(p.relative_to(ROOT)): n for _, p, _ in MODULES if (n := len(p.read_text().splitlines())) > 330}
    assert not long


def test_functions_stay_short() -> None:
    long = [
        f"{name}.{node.name}: {length}"
        for name, _, tree in MODULES
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > 45
    ]
    assert not long
