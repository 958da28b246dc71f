#!/bin/sh
# A made agent that speaks the Agent Client Protocol. The prompt's first line is what it does: a mode, then the mode's argument.
# It notes each message that it gets in the file `received` of its folder. `--no-load` has it offer no sessions to load.

session=ses_acp$$
[ "${1:-}" = --no-load ] && load=false || load=true

say() { printf '{"jsonrpc":"2.0",%s}\n' "$1"; }
update() { say "\"method\":\"session/update\",\"params\":{\"sessionId\":\"$session\",\"update\":{\"sessionUpdate\":$1}}"; }
chunk() { update "\"agent_message_chunk\",\"content\":{\"type\":\"text\",\"text\":\"$1\"}"; }
call() { update "\"tool_call\",\"toolCallId\":\"$1\",\"kind\":\"$2\",\"title\":\"$3\",\"status\":\"${4:-pending}\",\"locations\":[{\"path\":\"$3\"}]"; }
called() { update "\"tool_call_update\",\"toolCallId\":\"$1\",\"status\":\"$2\",\"content\":[{\"type\":\"content\",\"content\":{\"type\":\"text\",\"text\":\"$3\"}}]"; }
answer() { say "\"id\":$1,\"result\":$2"; }
stop() { answer 5 "{\"stopReason\":\"${1:-end_turn}\",\"usage\":{\"inputTokens\":10,\"outputTokens\":5}}"; }
hear() { IFS= read -r line && printf '%s\n' "$line" >>received; }
forever() { while :; do sleep 1; done; }
ask() { # ID CALL
  say "\"id\":$1,\"method\":\"session/request_permission\",\"params\":{\"sessionId\":\"$session\",\"toolCall\":{\"toolCallId\":\"$2\"},\"options\":[{\"optionId\":\"yes\",\"kind\":\"allow_once\"},{\"optionId\":\"no\",\"kind\":\"reject_once\"}]}"
}
permitted() { # ID CALL
  ask "$1" "$2"
  hear
  case $line in *'"optionId":"yes"'*) return 0 ;; *) return 1 ;; esac
}

prompted() {
  text=${line#*\"text\":\"}
  text=${text%%\"*}
  mode=${text%% *} argument=${text#* }
  case $mode in
    talk) chunk "${argument%% *}"; chunk " ${argument#* }\\n"; chunk last; stop ;;
    write) # asks twice: for the file, and for a command
      call c1 edit "$argument"
      permitted 1 c1 && { echo made >"$argument"; called c1 completed written; } || called c1 failed "refused by the user"
      call c2 execute "touch ran"
      permitted 2 c2 && { touch ran; called c2 completed done; } || called c2 failed "refused by the user"
      stop ;;
    recover) # gets over a refusal
      call c1 execute "$argument"
      permitted 1 c1 || called c1 failed "refused by the user"
      call c2 read "$argument" completed; chunk "done without"; stop ;;
    open) # asks once the file is there
      until [ -e "$argument" ]; do sleep 0.05; done
      call c1 edit "$argument"; permitted 1 c1 && chunk allowed; stop ;;
    tool) # works until the file is there
      call c1 execute "wait for $argument" in_progress
      until [ -e "$argument" ]; do sleep 0.05; done
      called c1 completed there; chunk worked; stop ;;
    polite) # in a tool until it is cancelled; then asks, which nobody may grant any more
      call c1 execute working in_progress; hear; ask 7 c1; chunk stopping; stop cancelled ;;
    deaf) trap '' INT TERM; call c1 execute working in_progress; forever ;;
    linger) chunk "all done"; stop; forever ;;
    fails) chunk "all done"; stop; while hear; do :; done; exit 9 ;;
    other) say '"id":"x1","method":"fs/read_text_file","params":{"path":"/etc/passwd"}'; hear; chunk "$(printf %s "$line" | tr -d '"')"; stop ;;
    garbage) echo '{"jsonrpc":"2.0","method":'; echo 'Debugger attached.'; chunk fine; stop ;;
    error) say "\"id\":5,\"error\":{\"code\":-32603,\"message\":\"Internal error\",\"data\":{\"details\":\"$argument\"}}" ;;
    mute) hear; exit 0 ;; # until it is cancelled
    vanish) chunk half; exit 0 ;;
  esac
}

while hear; do
  case $line in
    *'"method":"initialize"'*) answer 0 "{\"protocolVersion\":1,\"agentCapabilities\":{\"loadSession\":$load},\"agentInfo\":{\"name\":\"Made\",\"version\":\"1.2.3\"}}" ;;
    *'"method":"session/new"'*) answer 1 "{\"sessionId\":\"$session\",\"models\":{\"currentModelId\":\"some/one\",\"availableModels\":[{\"modelId\":\"some/one\"},{\"modelId\":\"two\"}]},\"modes\":{\"currentModeId\":\"build\",\"availableModes\":[{\"id\":\"build\"},{\"id\":\"plan\"}]}}" ;;
    *'"sessionId":"ses_gone'*) say '"id":2,"error":{"code":-32603,"message":"Internal error: service failure"}' ;;
    *'"method":"session/load"'*)
      session=${line#*\"sessionId\":\"}; session=${session%%\"*}
      chunk "said long ago"; answer 2 null; sleep 0.1; chunk "done long ago"; call c0 execute "done long ago" completed ;; # some say it late
    *'"method":"session/set_model"'*) answer 3 '{}' ;;
    *'"method":"session/set_mode"'*) answer 4 '{}' ;;
    *'"method":"session/prompt"'*) prompted ;;
  esac
done
