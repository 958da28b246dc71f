#!/bin/sh
# Stands for OpenCode: it does what the README says of it, and keeps sessions in its store's first form.
case $1 in --version) echo 1.18.34; exit ;; models) echo anthropic/claude-sonnet-4-5; exit ;; esac
while [ $# -gt 0 ] && [ "$1" != --session ]; do shift; done
prompt=$(cat) now=$(date +%s%3N) store=$HOME/.local/share/opencode/storage
mkdir -p "$store/session/global"
session=${2:-ses_$(($(ls "$store/session/global" | wc -l) + 1))}
mkdir -p "$store/message/$session"
said=$(ls "$store/message/$session" | wc -l)

keep() { # id, role, text
  mkdir -p "$store/part/$1"
  cat >"$store/message/$session/$1.json" <<END
{"id":"$1","sessionID":"$session","role":"$2","time":{"created":$now},"providerID":"anthropic","modelID":"claude-sonnet-4-5"}
END
  cat >"$store/part/$1/prt_1.json" <<END
{"id":"prt_1","sessionID":"$session","messageID":"$1","type":"text","text":"$3"}
END
}

keep "msg_${session}_$said" user "$prompt"
keep "msg_${session}_$((said + 1))" assistant "I wrote hello.txt for you."
cat >"$store/session/global/$session.json" <<END
{"id":"$session","version":"1.18.34","projectID":"global","directory":"$PWD","title":"$prompt",
 "time":{"created":$now,"updated":$now}}
END
echo 'Hello!' >hello.txt
cat <<END
{"type":"tool_use","sessionID":"$session","part":{"type":"tool","tool":"write","state":{"status":"completed","input":{"filePath":"$PWD/hello.txt"}}}}
{"type":"text","sessionID":"$session","part":{"type":"text","text":"I wrote hello.txt for you."}}
{"type":"step_finish","sessionID":"$session","part":{"type":"step-finish","reason":"stop","tokens":{"input":200,"output":40}}}
END
