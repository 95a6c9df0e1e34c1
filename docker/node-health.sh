#!/bin/bash
# Exit code 0 while the node of this container answers system_health and is not in a major sync.
set -u
port="${RPC_PORT:-9944}"
body='{"jsonrpc":"2.0","id":1,"method":"system_health","params":[]}'
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
printf 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
    "${#body}" "$body" >&3
answer=$(timeout 3 cat <&3)
printf '%s\n' "${answer##*$'\n'}"
[[ $answer == *'"isSyncing":false'* ]]
