#!/bin/sh
# What a daemon can only know inside its container: its address there. Then the command, in this process.
set -eu
if [ "${GANGLION_MINER_ADVERTISE_IP:-}" = container ]; then
    GANGLION_MINER_ADVERTISE_IP=$(hostname -i | cut -d ' ' -f 1)
    export GANGLION_MINER_ADVERTISE_IP
fi
exec "$@"
