# Source it, `. ./env.sh`, to use ape, anvil, forge and slither by hand; the Makefile does without. For bash and zsh: the
# file being sourced is BASH_SOURCE in the one and $0 in the other.
_root=$(cd "$(dirname "${BASH_SOURCE:-$0}")" >/dev/null && pwd)
export SOLCX_BINARY_PATH="$_root/tools/solcx"
export PATH="$_root/.venv/bin:$_root/node_modules/.bin:$PATH"
unset _root
