#!/bin/bash
# `-bsf:v setts=duration=...` of ffmpeg asks for other durations, and also takes away the order in
# which pictures are shown: each packet's presentation time becomes its decoding time. With B-pictures
# a copy plays its pictures in the order of decoding. Giving pts=PTS:dts=DTS beside it keeps them.
# Seen with ffmpeg 9.0.2 (imageio-ffmpeg 0.8.1) and 5.1.9 (Debian 12), H.264 with two B-pictures, MP4:
#   presentation times of the first packets, in 1/12800 s
#   copied                            0 1536 512 1024
#   setts=duration=DURATION           -1024 -512 0 512
#   setts=pts=PTS:dts=DTS:duration=.. 0 1536 512 1024
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv venv; ./venv/bin/pip -q install imageio-ffmpeg==0.8.1
ffmpeg=$(./venv/bin/python -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")
"$ffmpeg" -version | head -1
run() { "$ffmpeg" -v error -nostdin -y "$@"; }
changed() { echo "CHANGED: $*"; exit 1; }
run -f lavfi -i testsrc=d=1:s=64x64:r=25 -c:v libx264 -bf 2 in.mp4
shown() { run -i in.mp4 -c copy -bsf:v "$1" -f framecrc - | grep -v '^#' | awk -F', *' '{print $3}' | head -4 | xargs; }
for filter in null setts=duration=DURATION setts=pts=PTS:dts=DTS:duration=DURATION; do
    echo "$filter: $(shown $filter)"
done
[ "$(shown null)" = "$(shown setts=pts=PTS:dts=DTS:duration=DURATION)" ] || changed "explicit times are not kept"
[ "$(shown null)" != "$(shown setts=duration=DURATION)" ] || changed "duration alone leaves the times as they are"
