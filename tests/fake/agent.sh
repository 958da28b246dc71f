#!/bin/sh
# A made agent CLI: `agent.sh run --agent TYPE --format json [--model M] [--session ID]`, the prompt on stdin. The
# prompt's first line is what it does: a mode, then the mode's argument. It speaks the event lines of a real one.

[ "${1:-}" = --version ] && { echo "9.9.9-made"; exit 0; }
[ "${1:-}" = --help ] && { echo "  agent run [message..]  do a task"; exit 0; }
[ "${1:-}" = models ] && { [ ! -e "${0%/*}/models" ] || cat "${0%/*}/models"; exit 0; }
[ "${1:-}" = agent ] && { [ ! -e "${0%/*}/agents" ] || cat "${0%/*}/agents"; exit 0; }
read -r mode argument || true
session=ses_made$$
previous=
for word; do
  [ "$previous" = --session ] && session=$word
  previous=$word
done
case $session in
  ses_gone*) echo "Error: Session not found" >&2; exit 1 ;;
  ses_unknown*) session=ses_made$$ ;; # begins anew without a word
esac

event() { # type, the part's fields; no process is started, so that many lines are written fast
  case $1 in step_start) part=step-start ;; step_finish) part=step-finish ;; *) part=$1 ;; esac
  printf '{"type":"%s","timestamp":1,"sessionID":"%s","part":{"type":"%s"%s}}\n' "$1" "$session" "$part" "${2:+,$2}"
}
text() { event text "\"text\":\"$1\""; }
stop() { event step_finish "\"reason\":\"${1:-stop}\",\"cost\":0.01,\"tokens\":{\"input\":10,\"output\":5,\"reasoning\":0,\"cache\":{\"read\":0,\"write\":0}}"; }
forever() { while :; do sleep 1; done; }

case $mode in empty | mute) ;; *) event step_start ;; esac
case $mode in
  talk) text "$argument"; stop ;;
  arguments) text "$*"; stop ;;
  where) text "$PWD"; stop ;;
  environment) text "$(env | cut -d= -f1 | sort | tr '\n' ' ')"; stop ;;
  write) printf 'made by an agent\n' >"$argument"; text "wrote $argument"; stop ;;
  append) # says once for each run
    printf once >>"$argument"; text "wrote $argument"; stop ;;
  count) # so many lines of text, one event each
    i=0
    while [ "$i" -lt "$argument" ]; do i=$((i + 1)); text "line $i"; done
    stop ;;
  long) # one event of so many megabytes
    printf '{"type":"text","timestamp":1,"sessionID":"%s","part":{"type":"text","text":"' "$session"
    head -c "${argument}000000" /dev/zero | tr '\0' x
    printf '"}}\n'
    stop ;;
  secret) # the value of this variable, in two writes and in every place that leaves
    value=$(printenv "$argument")
    head=${value%????????}
    printf 'plain: %s' "$head"; sleep 0.2; printf '%s\n' "${value#"$head"}"
    text "said: $value"
    printf 'plain: %s' "$head" >&2; sleep 0.2; printf '%s\n' "${value#"$head"}" >&2
    printf '%s' "$value" | base64
    event tool_use "\"tool\":\"bash\",\"state\":{\"status\":\"error\",\"error\":\"no $value\",\"input\":{\"command\":\"echo $value\"}}"
    printf '{"type":"error","timestamp":1,"sessionID":"%s","error":"refused: %s"}\n' "$session" "$value" ;;
  file) cat "$argument"; cat "$argument" >&2; exit 3 ;;
  wait) # until the file is there
    text "waiting"
    while [ ! -e "$argument" ]; do sleep 0.05; done
    text "waited"; stop ;;
  ledger) # ID LINES [GATE|SECONDS]: notes in the folder's file `ledger` that it starts and ends; waits half-way
    set -- $argument
    echo "start $1" >>ledger
    i=0
    while [ "$i" -lt "$2" ]; do
      i=$((i + 1))
      text "$1 line $i"
      [ "$i" -eq $((($2 + 1) / 2)) ] || continue
      case $3 in /*) until [ -e "$3" ]; do sleep 0.05; done ;; ?*) sleep "$3" ;; esac
    done
    echo "end $1" >>ledger
    stop ;;
  polite) trap 'text "interrupted"; exit 130' INT; text "running"; forever ;;
  wrap) trap 'text "wrapped up"; stop; exit' INT; text "running"; forever ;; # ends well when it is ended
  stubborn) trap '' INT TERM; text "running"; forever ;;
  fork) # leaves a process behind in a session of its own
    setsid sh -c 'echo $$ >"$1"; exec sleep 600' sh "$argument" </dev/null >/dev/null 2>&1 &
    while [ ! -s "$argument" ]; do sleep 0.05; done
    text forked; stop ;;
  leak) # a grandchild keeps the output open
    (echo $$ >/dev/null; exec sleep 600) &
    echo $! >"$argument"
    text leaked; stop ;;
  deaf) # leaves a process in a session of its own that ignores all it can and keeps the output open; `stay` stays, too
    setsid sh -c 'trap "" HUP INT TERM; echo $$ >"$1"; while :; do sleep 0.1; done' sh "${argument% stay}" &
    while [ ! -s "${argument% stay}" ]; do sleep 0.05; done
    text "deaf"
    case $argument in *' stay') trap '' HUP INT TERM; forever ;; esac
    stop ;;
  escape) # leaves a process that nothing tells of: no session, no variable, no parent
    (env -i PATH="$PATH" setsid sh -c 'echo $$ >"$1"; exec sleep 600' sh "$argument" </dev/null >/dev/null 2>&1 &)
    while [ ! -s "$argument" ]; do sleep 0.05; done
    text escaped; stop ;;
  chain) # leaves a process that becomes another one of a new session every 0.3 s, and notes each
    cat >"$argument.sh" <<'CHAIN'
echo $$ >>"$1"
sleep 0.3
[ -e "$1.stop" ] || exec setsid -f sh "$0" "$1"
CHAIN
    setsid -f sh "$argument.sh" "$argument" </dev/null >/dev/null 2>&1
    while [ ! -s "$argument" ]; do sleep 0.05; done
    text chained; stop ;;
  doublefork) # a daemon as the books have it, without the marker
    setsid sh -c 'env -i PATH="$PATH" sh -c "echo \$\$ >\"$1\"; exec sleep 600" </dev/null >/dev/null 2>&1 &' sh "$argument" &
    while [ ! -s "$argument" ]; do sleep 0.05; done
    text forked; stop ;;
  flood) seq 100000001 "$((100000000 + argument * 100000))"; text flooded; stop ;; # so many megabytes, in lines of ten bytes
  half) # characters cut by a write, and by the end
    printf 'caf\303'; sleep 0.2; printf '\251 for \360\237'; sleep 0.2; printf '\230\200\n'
    text half; stop
    printf 'cut \303' ;;
  error) printf '{"type":"error","timestamp":1,"sessionID":"%s","error":{"name":"UnknownError","data":{"message":"%s"}}}\n' "$session" "$argument" ;;
  crash) echo "a bad end" >&2; exit "${argument:-7}" ;;
  killed) text "last words"; kill -KILL $$ ;;
  ask) event step_finish '"reason":"tool-calls"' ;;
  box) # asks for approval as versions up to 1.0 do
    printf '\033[?25l│\n◆  Permission required to run: %s\n│  ● Allow once\n│  ○ Always allow\n│  ○ Reject\n└' "$argument"
    forever ;;
  empty) ;;
  mute) forever ;;
  busy) while :; do :; done ;;
  connected) exec bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"; read -r never <&3' bash "$argument" ;; # to this port
  linger) text "$argument"; stop; forever ;;
  limit) # refused for so many seconds, unless the file that is named behind them is there; makes it
    if [ -e "${argument#* }" ]; then text "served"; stop; exit; fi
    : >"${argument#* }"
    printf '{"type":"error","timestamp":1,"sessionID":"%s","error":{"name":"APIError","data":{"message":"%s","statusCode":429,%s}}}\n' \
      "$session" "Too Many Requests" "\"responseHeaders\":{\"retry-after\":\"${argument%% *}\"}"
    exit 1 ;;
  limitloop) while :; do echo "Error: 429 Too Many Requests, trying again" >&2; sleep 0.2; done ;;
  chat) text chatting; while :; do text chatting; done ;; # without a pause
  longerror) # an error of so many megabytes
    printf '{"type":"error","timestamp":1,"sessionID":"%s","error":"' "$session"
    head -c "${argument}000000" /dev/zero | tr '\0' x
    printf '"}\n' ;;
  *) text "what is '$mode'?"; stop ;;
esac
