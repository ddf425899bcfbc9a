#!/bin/bash
# All four trainings side by side on one GPU: train.sh SECONDS (in the folder of the scripts, with
# bundle/, packed.npz and music/ beside them). Weights and a log come to $OUT at every validation.
export PYTHONPATH=$PWD PYTHONUNBUFFERED=1 OMP_NUM_THREADS=3
mkdir -p logs
end=$(python3 -c "import time; print(time.time() + $1)")
common="--bundle bundle --packed packed.npz --music music --out $OUT --logs logs --until $end"
python3 generator.py high $common --batch 64 > logs/gh.txt 2>&1 &
python3 generator.py low $common --batch 32 > logs/gl.txt 2>&1 &
python3 decoder.py high $common > logs/dh.txt 2>&1 &
python3 decoder.py low $common > logs/dl.txt 2>&1 &
while sleep 15; do cat logs/*.txt > $OUT/log.txt; done &
copier=$!
wait %1 %2 %3 %4
kill $copier
cat logs/*.txt > $OUT/log.txt
for name in gh gl dh dl; do echo "== $name"; tail -n 6 logs/$name.txt; done
