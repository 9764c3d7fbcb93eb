#!/bin/sh
# Makes the environment .venv from the locked requirements: environment.sh PYTHON FOLDER
set -eu
python=$1 folder=$2
root=$(cd "$(dirname "$0")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if ! enough "$python"; then
    for other in python3.14 python3.13 python3.12 python3.11; do
        if command -v "$other" >/dev/null 2>&1 && enough "$other"; then
            python=$other
            break
        fi
    done
fi
if ! enough "$python"; then
    say "xiejian needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1 || true)." \
        "Install one and name it: make PYTHON=/path/to/python3.12"
    exit 1
fi

log=$root/var/log/environment.log
mkdir -p "$(dirname "$log")" || { say "The folder $root/var cannot be made."; exit 1; }
started=$(date +%s)
if [ ! -x "$folder/bin/python" ] || ! enough "$folder/bin/python" ||
    ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    say "Making the environment $folder with $("$python" --version) ..."
    rm -rf "$folder"
    if ! "$python" -m venv "$folder" >"$log" 2>&1; then
        rm -rf "$folder"
        if ! "$python" -m virtualenv --quiet "$folder" >>"$log" 2>&1; then
            rm -rf "$folder"
            say "$("$python" --version) cannot make environments (its venv or ensurepip is missing):" \
                "install it, on Debian and Ubuntu with: apt-get install python3-venv"
            exit 1
        fi
    fi
fi
say "Installing the locked packages (about half a minute; log: $log) ..."
if ! "$folder/bin/python" -m pip install --disable-pip-version-check --require-hashes \
    -r "$root/requirements/app.txt" -r "$root/requirements/local.txt" \
    -r "$root/requirements/dev.txt" >"$log" 2>&1 ||
    ! "$folder/bin/python" -m pip install --disable-pip-version-check --no-deps \
        --no-build-isolation --editable "$root" >>"$log" 2>&1; then
    say "The packages could not be installed: $(grep -v '^WARNING' "$log" | tail -n 1)"
    exit 1
fi
touch "$folder/.installed"
say "The environment is ready ($(($(date +%s) - started)) s)."
