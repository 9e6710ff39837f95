"""Hold the navigation in mkdocs.yml and the pages in docs/ to each other; the build does not."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENTRY = re.compile(r"^\s*-\s+(?:[^#\n]*:\s+)?([\w./-]+\.md)\s*$", re.MULTILINE)


def main() -> int:
    """Print what is missing on either side and return how many there are."""
    configuration = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(ENTRY.findall(configuration.partition("\nnav:")[2]))
    docs = ROOT / "docs"
    pages = {page.relative_to(docs).as_posix() for page in docs.rglob("*.md")}
    problems = [f"mkdocs.yml lists {name}, which is not in docs/" for name in listed - pages]
    problems += [f"docs/{name} is not in the navigation of mkdocs.yml" for name in pages - listed]
    sys.stderr.writelines(f"{problem}\n" for problem in sorted(problems))
    return len(problems)


if __name__ == "__main__":
    raise SystemExit(main() > 0)
