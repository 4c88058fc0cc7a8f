#!/bin/sh
# Claude has stopped: where files and hub differ here, the person is told, once for each state.
# It writes nothing in the repo, and whatever goes wrong it ends well: work is never held up by it.
cd "${CLAUDE_PROJECT_DIR:-.}" 2>/dev/null && [ -d workplans ] || exit 0
command -v custodian >/dev/null 2>&1 || exit 0

found=$(custodian check --no-fetch 2>/dev/null </dev/null)
[ $? -eq 1 ] || exit 0 # 0 is fine, 2 is a repo or a machine that Custodian does not manage
# codes alone are passed on: what else stands there was written by people
codes=$(printf '%s\n' "$found" | sed -n 's/.* FAIL \([A-Z]*-\{0,1\}[0-9]*\) .*/\1/p' | sort -u | tr '\n' ' ')
[ -n "$codes" ] || exit 0

if [ -n "$CLAUDE_PLUGIN_DATA" ] && mkdir -p "$CLAUDE_PLUGIN_DATA" 2>/dev/null; then
    state=$(printf '%s' "$found" | cksum | tr ' ' -)
    told=$CLAUDE_PLUGIN_DATA/told-$(pwd -P | cksum | tr ' ' -)
    [ "$(cat "$told" 2>/dev/null)" = "$state" ] && exit 0
    printf '%s\n' "$state" 2>/dev/null >"$told" || :
fi
printf '{"systemMessage": "Custodian: files and hub differ here (%s). custodian check says where, custodian fix brings them in step."}\n' "${codes% }"
exit 0
