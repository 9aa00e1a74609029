#!/usr/bin/env bash
# A step of a pipeline, or of a nightly job: check, keep the run, and tell the reasons apart.
set -uo pipefail

troth check --config "${1:-troth.yaml}" -o text -o junit=troth.xml --gate observed,recorded
code=$?

case $code in
  0) echo "every promise that can be checked is kept" ;;
  1) echo "a promise is broken" ;;
  3) echo "nothing is broken, but something could not be decided: missing permissions, or no control yet" ;;
  *) echo "troth could not do its work (exit $code); troth explain exit:$code" ;;
esac
exit "$code"
