#!/bin/sh
# Runs a command with the port and the configuration file that the container goes by.
set -eu

if [ -z "${MCP_GATEWAY_CONFIG:-}" ] && [ -f "$HOME/mcp-gateway.yml" ]; then
  export MCP_GATEWAY_CONFIG="$HOME/mcp-gateway.yml"
fi

if [ -z "${MCP_GATEWAY_PORT:-}" ]; then
  case "${MCP_GATEWAY_CONFIG:-}" in
    *.yml | *.yaml) MCP_GATEWAY_PORT=4000 ;;
    *) MCP_GATEWAY_PORT=3000 ;;
  esac
  export MCP_GATEWAY_PORT
fi

exec "$@"
