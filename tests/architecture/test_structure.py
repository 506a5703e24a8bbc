"""Promises about the packages: sizes of folders, import chains, circles, declared requirements.

A chain is counted in files. The package roots re-export what stands below them; no module inside
imports its own root, so they are left out of chains.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("futures_env", "ppo_agent", "eval_tools")
MODULES_IN_A_FOLDER = 12
LARGER_FOLDERS = {"futures_env.core": 18}
"""One rule of the simulator a file, in the order of a step; more folders would hide the order."""
FILES_IN_A_CHAIN = 8
FILES_TO_THE_GRADIENT = 6
EXTRAS = {
    "futures_env.adapters.sb3": {"sb3"},
    "futures_env.cli": {"data"},
    "futures_env.data": {"data"},
    "futures_env.data.importing": {"databento"},
    "futures_env.drawing.picture": {"pictures"},
    "futures_env.drawing.candles": {"pictures"},
    "ppo_agent.training": {"tensorboard"},
}
"""Which optional requirements a module, or a folder of modules, may import."""


@cache
def graph(package: str) -> grimp.ImportGraph:
    return grimp.build_graph(package, cache_dir=None)


def imports_inside(package: str) -> dict[str, set[str]]:
    """Module -> what it imports of its own package."""
    found = graph(package)
    return {m: found.find_modules_directly_imported_by(m) for m in found.modules}


def longest_chain(package: str) -> list[str]:
    imports = imports_inside(package)
    chains: dict[str, list[str]] = {}
    for module in TopologicalSorter(imports).static_order():
        below = [chains[other] for other in imports[module]]
        chains[module] = [module, *max(below, key=len, default=[])]
    del chains[package]
    return max(chains.values(), key=len)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_is_a_heap(package: str) -> None:
    modules = graph(package).modules
    folders = {module.rpartition(".")[0] for module in modules}
    sizes = Counter(module.rpartition(".")[0] for module in modules - folders)
    largest = {folder: LARGER_FOLDERS.get(folder, MODULES_IN_A_FOLDER) for folder in sizes}
    assert {folder: n for folder, n in sizes.items() if n > largest[folder]} == {}
    for folder, size in LARGER_FOLDERS.items():
        assert folder not in sizes or sizes[folder] == size, "hold the number at what it is"


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_in_no_circle(package: str) -> None:
    TopologicalSorter(imports_inside(package)).prepare()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_imports_its_package_root(package: str) -> None:
    """What stands in a root is for users; inside, a name has one home."""
    assert graph(package).find_modules_that_directly_import(package) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_import_chains_are_short(package: str) -> None:
    chain = longest_chain(package)
    assert len(chain) <= FILES_IN_A_CHAIN, " > ".join(chain)


def test_few_files_lie_between_the_command_and_the_gradient() -> None:
    chain = graph("ppo_agent").find_shortest_chain(
        "ppo_agent.cli.commands", "ppo_agent.algorithm.losses"
    )
    assert chain is not None
    assert len(chain) <= FILES_TO_THE_GRADIENT, " > ".join(chain)


def imported_names(path: Path) -> set[str]:
    """Top-level names of all absolute imports of a file, those inside functions as well."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def canonical(requirement: str) -> str:
    """Name of a distribution, as in ``Jinja2>=3`` or ``jax[cuda13]``."""
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def declared_for(module: str, project: dict) -> set[str]:
    """Distributions that a module may import: the requirements and those of its extras."""
    requirements = list(project["dependencies"])
    for place, extras in EXTRAS.items():
        if module == place or module.startswith(f"{place}."):
            for extra in extras:
                requirements += project["optional-dependencies"][extra]
    return {canonical(requirement) for requirement in requirements}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_import_is_declared(package: str) -> None:
    manifest = ROOT / "packages" / package / "pyproject.toml"
    project = tomllib.loads(manifest.read_text(encoding="utf-8"))["project"]
    source = manifest.parent / "src"
    distributions = packages_distributions()
    undeclared = []
    for path in sorted(source.rglob("*.py")):
        module = ".".join(path.relative_to(source).with_suffix("").parts)
        declared = declared_for(module.removesuffix(".__init__"), project)
        for name in sorted(imported_names(path) - set(sys.stdlib_module_names) - {package}):
            offered = {canonical(d) for d in distributions.get(name, [name])}
            if not offered & declared:
                undeclared.append(f"{module} imports {name}, which {manifest.name} does not name")
    assert undeclared == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_requirement_is_imported(package: str) -> None:
    """A requirement that nothing imports is declared for a reason written beside it."""
    manifest = ROOT / "packages" / package / "pyproject.toml"
    text = manifest.read_text(encoding="utf-8")
    offered = packages_distributions()
    imported = {
        canonical(distribution)
        for path in (manifest.parent / "src").rglob("*.py")
        for name in imported_names(path)
        for distribution in offered.get(name, [name])
    }
    requirements = tomllib.loads(text)["project"]["dependencies"]
    unexplained = [r for r in requirements if f'"{r}", #' not in text]
    assert [r for r in unexplained if canonical(r) not in imported] == []


LOADED = """
import sys
try:
    {statement}
except SystemExit:
    pass
heavy = ("distrax", "tensorflow_probability")
print("loaded:", sorted(name for name in heavy if name in sys.modules))
"""


def help_of(command: str) -> str:
    """Python that runs an installed command with ``--help``."""
    (script,) = entry_points(group="console_scripts", name=command)
    return f"sys.argv[1:] = ['--help']; import {script.module}; {script.value.replace(':', '.')}()"


@pytest.mark.parametrize(
    "statement",
    ["import futures_env", help_of("futures-env"), help_of("ppo-agent")],
    ids=["import futures_env", "futures-env --help", "ppo-agent --help"],
)
def test_what_needs_no_distribution_loads_none(statement: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(statement=statement)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "loaded: []"
