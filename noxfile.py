"""The test suite in the places where it has to hold; `make test-all` runs them all.

On every Python from 3.11 up that this machine has (the first has `make test`, the second the lowest
versions of the dependencies that pyproject.toml allows, the last the built wheel), on Spark, on
PostgreSQL, in a browser, beside lifelines, and at length.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nox

ROOT = Path(__file__).parent
OLDEST, NEWEST = 11, 15
BRIEF = "--hypothesis-profile=brief"
"""`make test` tries the laws as usual and `slow` at length: elsewhere a few examples do."""

nox.needs_version = ">=2025.5"
nox.options.error_on_external_run = True
nox.options.reuse_existing_virtualenvs = True


def output_of(*command: str | Path) -> str:
    """Return what a command prints, or nothing if it fails."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return run.stdout.strip()


def candidates(name: str) -> list[Path]:
    """Return where an interpreter may be: on the PATH, then among those that pyenv keeps."""
    found = [Path(folder, name) for folder in os.get_exec_path()]
    if shutil.which("pyenv"):
        versions = Path(output_of("pyenv", "root"), "versions")
        found += sorted(versions.glob(f"*/bin/{name}"))
    return [path for path in found if path.is_file()]


def working(minor: int) -> Path | None:
    """Return the first interpreter of Python 3.`minor` that really runs: a shim may lead nowhere."""
    ask = "import sys; print(sys.version_info[1], sys.executable)"
    for path in candidates(f"python3.{minor}"):
        answer = output_of(path, "-c", ask)
        if answer.startswith(f"{minor} "):
            return Path(answer.split(" ", 1)[1])
    return None


FOUND = {f"3.{n}": path for n in range(OLDEST, NEWEST + 1) if (path := working(n))}
PYTHONS = list(FOUND)
# nox asks the PATH for each version: put the interpreters that run before shims that do not.
os.environ["PATH"] = os.pathsep.join([*(str(p.parent) for p in FOUND.values()), os.environ["PATH"]])
BETWEEN = PYTHONS[1:-1]
nox.options.sessions = [
    "slow",
    "lowest",
    *(["suite"] if BETWEEN[1:] else []),
    "wheel",
    "spark",
    "postgres",
    "browser",
    "lifelines",
]
os.environ.setdefault("LEADFLOW_DATA", str(ROOT.parent / "shared" / "data"))


def install(session: nox.Session, lock: str) -> None:
    """Install a hash-locked requirements file, and the build tools with it."""
    session.install("-qq", "--require-hashes", "-r", str(ROOT / "requirements" / lock))


def install_source(session: nox.Session) -> None:
    """Install the working tree."""
    session.install("-qq", "--no-deps", "--no-build-isolation", "-e", str(ROOT))


def run_tests(session: nox.Session, *arguments: str) -> None:
    """Run pytest, without the coverage gate, on a few workers; `make test` tries the benchmarks."""
    workers = ("--numprocesses=auto", "--maxprocesses=4", "--ignore=tests/benchmarks")
    command = ("python", "-m", "pytest", *workers, *arguments, *session.posargs)
    session.run(*command)


@nox.session(python=PYTHONS[:1])
def slow(session: nox.Session) -> None:
    """Run the laws at length."""
    install(session, "test.txt")
    install_source(session)
    run_tests(
        session, "-m", "slow or not slow", "--hypothesis-profile=thorough", "tests/properties"
    )


@nox.session(python=BETWEEN[1:] or PYTHONS)
def suite(session: nox.Session) -> None:
    """Run the suite on one Python."""
    install(session, "test.txt")
    install_source(session)
    run_tests(session, BRIEF)


@nox.session(python=BETWEEN[:1] or PYTHONS[:1])
def lowest(session: nox.Session) -> None:
    """Run the suite on the lowest versions of the dependencies."""
    install(session, "lowest.txt")
    install_source(session)
    run_tests(session, BRIEF)


@nox.session(python=PYTHONS[:1])
def spark(session: nox.Session) -> None:
    """Run the tests that need Spark, on one JVM, so on one worker."""
    install(session, "spark.txt")
    install_source(session)
    home = session.run(str(ROOT / "scripts" / "java.sh"), external=True, silent=True, stderr=None)
    # Without a network interface of its own Spark would look for the machine's name.
    env = {"JAVA_HOME": str(home).strip(), "SPARK_LOCAL_IP": "127.0.0.1"}
    command = ("python", "-m", "pytest", "-m", "spark", "tests/spark", *session.posargs)
    session.run(*command, env=env)


@nox.session(python=PYTHONS[:1])
def postgres(session: nox.Session) -> None:
    """Run the tests that need PostgreSQL; they start a server of their own."""
    install(session, "test.txt")
    install_source(session)
    found = session.run(
        str(ROOT / "scripts" / "postgres.sh"), external=True, silent=True, stderr=None
    )
    command = ("python", "-m", "pytest", "-m", "postgres", "tests/examples", *session.posargs)
    session.run(*command, env={"LEADFLOW_POSTGRES": str(found).strip()})


@nox.session(python=PYTHONS[:1])
def browser(session: nox.Session) -> None:
    """Run the tests that open the report page in a headless Chromium."""
    install(session, "test.txt")
    install_source(session)
    found = session.run(
        str(ROOT / "scripts" / "chromium.sh"), external=True, silent=True, stderr=None
    )
    command = ("python", "-m", "pytest", "-m", "browser", "tests/reporting", *session.posargs)
    session.run(*command, env={"LEADFLOW_CHROMIUM": str(found).strip()})


@nox.session(python=PYTHONS[:1])
def lifelines(session: nox.Session) -> None:
    """Hold the curves of survival to those of lifelines, which asks for an older pandas."""
    install(session, "lifelines.txt")
    install_source(session)
    # What it imports warns of what will change; only our own warnings are errors.
    command = ("python", "-m", "pytest", "-m", "lifelines", "-W", "default", "tests/peers")
    session.run(*command, *session.posargs)


@nox.session(python=PYTHONS[-1:])
def wheel(session: nox.Session) -> None:
    """Run the suite against the built wheel, where the source cannot be imported."""
    install(session, "test.txt")
    here = Path(session.create_tmp())
    shutil.rmtree(here)
    (here / "dist").mkdir(parents=True)
    build = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(here / "dist"), str(ROOT))
    session.run("python", "-m", "pip", "wheel", "-qq", *build)
    built = next((here / "dist").glob("leadflow-*.whl"))
    session.install("-qq", "--no-deps", "--force-reinstall", str(built))
    copy_all_but_source(session, here / "tree")
    with session.chdir(here / "tree"):
        where = "import leadflow; print(leadflow.__file__)"
        imported = session.run("python", "-c", where, silent=True)
        if "site-packages" not in str(imported):
            session.error(f"leadflow is imported from {imported}, not from the wheel")
        run_tests(session, BRIEF)


def copy_all_but_source(session: nox.Session, target: Path) -> None:
    """Copy what git knows or would take, except src/."""
    listing = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = session.run(*listing, external=True, silent=True)
    for name in str(names).split("\0"):
        source = ROOT / name
        if name and not name.startswith("src/") and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
