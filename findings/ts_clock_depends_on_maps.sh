#!/bin/bash
# Which streams are mapped decides at what time ffmpeg has a stream of a transport stream begin:
# time 0 is the earliest packet of the *mapped* ones. From MP4 or Matroska it is that of the file, whatever
# is mapped. A sound that begins 1 s after the picture keeps its second when both are copied, and loses
# it when it is taken out alone to be worked on: what is put back later comes a second early.
# Seen with ffmpeg 9.0.2 (imageio-ffmpeg 0.8.1) and 5.1.9 (Debian 12), first time of the sound, seconds:
#   from .ts   with the picture 1.0   alone 0.0
#   from .mkv  with the picture 1.0   alone 1.0
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv venv; ./venv/bin/pip -q install imageio-ffmpeg==0.8.1
ffmpeg=$(./venv/bin/python -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")
"$ffmpeg" -version | head -1
run() { "$ffmpeg" -v error -nostdin -y "$@"; }
changed() { echo "CHANGED: $*"; exit 1; }
run -f lavfi -i testsrc=d=2:s=64x64:r=25 -itsoffset 1 -f lavfi -i sine=d=2 -map 0 -map 1 -c:v libx264 -c:a mp2 in.ts
run -i in.ts -c copy in.mkv
begin() { # FILE MAPS...: first presentation time of the last mapped stream, s
    ./venv/bin/python - "$(run -i "$@" -c copy -f framecrc - )" <<'P'
import re, sys
text = sys.argv[1]
bases = {int(n): int(a) / int(b) for n, a, b in re.findall(r"#tb (\d+): (\d+)/(\d+)", text)}
last = max(bases)
rows = [line.split(",") for line in text.splitlines() if line and line[0] != "#"]
print(round(min(int(row[2]) for row in rows if int(row[0]) == last) * bases[last], 1))
P
}
for file in in.ts in.mkv; do
    echo "$file with the picture $(begin $file -map 0:v -map 0:a) alone $(begin $file -map 0:a)"
done
[ "$(begin in.ts -map 0:v -map 0:a) $(begin in.ts -map 0:a)" = "1.0 0.0" ] || changed "transport streams"
[ "$(begin in.mkv -map 0:v -map 0:a) $(begin in.mkv -map 0:a)" = "1.0 1.0" ] || changed "Matroska"
