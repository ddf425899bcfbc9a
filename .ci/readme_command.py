"""Print the n-th command of the README's set-up section, so that CI runs what newcomers copy."""

import re
import sys
from pathlib import Path


def main() -> None:
    """Usage: readme_command.py README.md N."""
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    section = text.split("## Two commands", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```bash\n(.*?)```", section, flags=re.DOTALL)
    print(blocks[int(sys.argv[2]) - 1].strip())


if __name__ == "__main__":
    main()
