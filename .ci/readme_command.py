"""Print the n-th shell block of the README that is marked as a set-up command.

The mark is the comment `<!-- set-up command -->` on the line before the block, so that CI runs what
newcomers copy.
"""

import re
import sys
from pathlib import Path

MARKED = re.compile(r"<!-- set-up command -->\n+```bash\n(.*?)```", re.DOTALL)


def main() -> None:
    """Usage: readme_command.py README.md N."""
    blocks = MARKED.findall(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(blocks[int(sys.argv[2]) - 1].strip())


if __name__ == "__main__":
    main()
