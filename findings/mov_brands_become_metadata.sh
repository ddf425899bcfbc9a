#!/bin/bash
# Phones keep model and place under dotted keys, which ffmpeg copies into MP4/MOV only with
# `-movflags use_metadata_tags`. That flag also writes the *input's* container facts (major_brand,
# minor_version, compatible_brands) as metadata of the output; whoever reads the next copy finds them
# doubled, beside the real ones, and may take an MP4 for a QuickTime file.
# Seen with ffmpeg 9.0.2 (imageio-ffmpeg 0.8.1); a MOV copied twice, the second time into MP4:
#   major_brand=isom;qt  ;qt     minor_version=512;512;512     compatible_brands=isomiso2avc1mp41;qt  ;qt
# 5.1.9 (Debian 12) does not double them, but the MP4 says major_brand=qt.
# `-metadata major_brand= -metadata minor_version= -metadata compatible_brands=` keeps them out.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv venv; ./venv/bin/pip -q install imageio-ffmpeg==0.8.1
ffmpeg=$(./venv/bin/python -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")
"$ffmpeg" -version | head -1
run() { "$ffmpeg" -v error -nostdin -y "$@"; }
changed() { echo "CHANGED: $*"; exit 1; }
keep=(-c copy -movflags use_metadata_tags)
none=(-metadata major_brand= -metadata minor_version= -metadata compatible_brands=)
run -f lavfi -i testsrc=d=1:s=64x64 -c:v libx264 -metadata com.apple.quicktime.model=X -movflags use_metadata_tags phone.mov
run -i phone.mov "${keep[@]}" once.mov; run -i once.mov "${keep[@]}" twice.mp4
run -i phone.mov "${keep[@]}" "${none[@]}" one.mov; run -i one.mov "${keep[@]}" "${none[@]}" two.mp4
tags() { run -i "$1" -f ffmetadata -; }
echo "copied twice:"; tags twice.mp4
echo "copied twice with the facts named empty:"; tags two.mp4
tags twice.mp4 | grep -q '^major_brand=.*qt.*qt' || changed "brands are no longer doubled"
! tags two.mp4 | grep -q '^major_brand=.*;' || changed "naming them empty no longer helps"
