import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { causeOf } from '../../core/errors.ts';

const DEFAULT_FILE = 'mcp-gateway.yml';

/** Surroundings of the command `init`. */
export interface InitSurroundings {
  /** Absolute path of the working directory. */
  readonly cwd: string;
  /** Writes the answer to stdout. */
  readonly write: (text: string) => void;
  /** Writes errors to stderr; absent: `write` is used. */
  readonly writeError?: (text: string) => void;
}

/**
 * Implements `mcp-gateway init [file]`: writes a commented configuration (YAML, readable only by its owner) and shows
 * its new API key, of which the file holds a hash. Never changes an existing file. Resolves with the exit code: 0
 * written, 1 not written, 2 misused.
 */
export async function init(
  args: readonly string[],
  { cwd, write, writeError = write }: InitSurroundings,
): Promise<number> {
  const misuse = misuseOf(args);
  if (misuse !== undefined) {
    writeError(`mcp-gateway init: ${misuse}\n`);
    return 2;
  }
  const name = args[0] ?? DEFAULT_FILE;
  const key = newKey();
  const failure = await writeNew(resolve(cwd, name), starterConfig(hashOf(key)));
  if (failure !== undefined) {
    writeError(`mcp-gateway init: ${name}: ${failure}\n`);
    return 1;
  }
  write(nextSteps(name, key));
  return 0;
}

function misuseOf(args: readonly string[]): string | undefined {
  const [name = DEFAULT_FILE] = args;
  if (args.length > 1) return `found ${args.length} arguments, expected one file`;
  if (name.startsWith('-')) return `unknown option ${JSON.stringify(name)}, expected a file`;
  if (['.yml', '.yaml'].includes(extname(name).toLowerCase())) return undefined;
  return `found ${JSON.stringify(name)}, expected a file that ends in .yml or .yaml`;
}

/**
 * Returns a new key with 256 random bits; its prefix identifies it to people and to programs that search for leaked
 * secrets.
 */
function newKey(): string {
  return `mcpgw_${randomBytes(32).toString('base64url')}`;
}

function hashOf(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** Writes a new file; resolves with the reason if it could not be written, else undefined. */
async function writeNew(path: string, text: string): Promise<string | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return undefined;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && syscall === 'open')
      return 'exists and was left as it is; name another file, or move it away';
    return `cannot be written (${causeOf(error)})`;
  }
}

function nextSteps(name: string, key: string): string {
  const start = name === DEFAULT_FILE ? 'mcp-gateway start' : `mcp-gateway start -c ${quoted(name)}`;
  return `Wrote ${name}

Your API key, shown this once (the file holds only its hash):
  ${key}

Next
  ${start}
  curl -H 'Authorization: Bearer ${key}' http://127.0.0.1:4000/api/v1/tools
`;
}

/** Quotes the name of a file for a shell. */
function quoted(name: string): string {
  return /^[\w./:\\-]+$/.test(name) ? name : JSON.stringify(name);
}

/**
 * Returns a first configuration, as YAML with comments. `keyHash`: the hash of its one API key (`sha256:` and
 * hexadecimal digits). A `#` without a space after it disables a line that is valid without it.
 */
function starterConfig(keyHash: string): string {
  return `# Configuration of mcp-gateway. "mcp-gateway start" reads it, and reads it again when it changes.
# \${NAME} is the variable NAME of the environment, \${NAME:-text} is text where NAME is not set: keep secrets out of here.
# Lines that begin with a # and no space after it are examples: take away the # and they count.

port: 4000 # the address is http://127.0.0.1:4000; clients connect to http://127.0.0.1:4000/mcp
host: 127.0.0.1 # who can reach it: this machine only; 0.0.0.0 for every network this machine is in
logLevel: info # debug, info, warning or error

# Who may call. "strategy: none" lets everybody in who can reach the port.
auth:
  strategy: api-key # none, api-key or jwt
  apiKeys:
    - id: me # the name that the request log and the metrics show
      # Stands for the key that "mcp-gateway init" printed, which is nowhere else. For another key:
      # node -e 'console.log("sha256:" + require("crypto").createHash("sha256").update("the key").digest("hex"))'
      hash: ${keyHash}
#    - id: build-server # remove an entry and its key is worth nothing, at once
#      key: \${BUILD_SERVER_KEY} # the key itself, from the environment
#      roles: [ci]
#      tags: [nightly]

# How often a key may call; more than that is answered with 429 and the seconds to wait.
rateLimit:
  limit: 100 # so many requests ...
  windowSeconds: 60 # ... within so many seconds
  perKey: true # each key for itself; false: all keys together

# What can be seen at /metrics and /api/v1/requests.
monitor:
  requestLog: true # who called which tool, when, how long it took and how it ended
  prometheus: true # numbers for Prometheus and Grafana
  retentionHours: 24 # how long the request log remembers

corsOrigins: [] # web pages that may call from a browser, such as https://dashboard.example.com

# Bounds and addresses, all of them with their defaults or an example.
#http:
#  publicUrl: https://tools.example.com # where clients reach the gateway, if it stands behind a proxy
#  allowedHosts: [tools.example.com] # further names in that address
#  maxSessions: 1000 # clients at one time
#  sessionIdleMinutes: 30 # a client that is silent for so long has gone
#  maxBodyBytes: 4194304 # longest request
#  stopSeconds: 10 # how long a stop waits for what is running

# The MCP servers behind the gateway.
servers:
  - id: everything # the name of the server; its tools are everything::echo and so on
    command: npx # a program on this machine, started when it is needed
    args: [-y, '@modelcontextprotocol/server-everything']
    description: Sample tools to try the gateway with # the model reads this: say what the server is good for
#  - id: memory # a program with settings of its own
#    command: npx
#    args: [-y, '@modelcontextprotocol/server-memory']
#    env:
#      MEMORY_FILE_PATH: \${HOME}/memory.jsonl
#    tags: [notes] # search can filter by these
#  - id: github # a server elsewhere: Streamable HTTP, else SSE; wss:// for a WebSocket
#    url: https://api.githubcopilot.com/mcp/
#    headers:
#      Authorization: Bearer \${GITHUB_TOKEN}
#    timeout: 60000 # milliseconds that a call may take
#    enabled: false # switched off
`;
}
