import manifest from '../package.json' with { type: 'json' };

/** Version of this package. */
export const VERSION: string = manifest.version;

/** The gateway's `Implementation` of MCP: towards clients, and towards servers while no client has introduced itself. */
export const GATEWAY_INFO = { name: 'mcp-gateway', title: 'MCP Gateway', version: VERSION };
