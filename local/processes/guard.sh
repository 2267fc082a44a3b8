#!/bin/sh
# Cleans up after a parent that could not do it itself (SIGKILL, a crash of its runtime). The parent holds the other end of standard
# input and writes "start <pid>" and "end <pid>"; when it dies the input ends, and whatever is still listed is stopped.
# $1 is the temporary folder to remove.
trap '' HUP INT TERM
pids=''

without() {
  left=''
  for each in $pids; do [ "$each" = "$1" ] || left="$left $each"; done
  pids=$left
}

alive() {
  for each in $pids; do
    kill -0 "$each" 2>/dev/null || continue
    # A zombie whose new parent never collects it, as in many containers, counts as ended.
    case $(cat "/proc/$each/stat" 2>/dev/null) in
      *') Z '*) ;;
      *) return 0 ;;
    esac
  done
  return 1
}

while read -r word pid; do
  case $word in
    start) pids="$pids $pid" ;;
    end) without "$pid" ;;
  esac
done

for each in $pids; do kill -TERM "$each" 2>/dev/null; done
tries=0
while alive && [ "$tries" -lt 50 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
# Each listed process leads its own group, so that nginx's workers go with their master.
for each in $pids; do kill -KILL "-$each" 2>/dev/null; done
rm -rf -- "$1"
