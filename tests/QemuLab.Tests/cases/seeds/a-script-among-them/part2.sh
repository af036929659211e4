#!/bin/sh
set -eu
echo "a: b" # ${HOME}
