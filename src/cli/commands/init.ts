import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { causeOf } from '../../core/errors.ts';
import { starterConfig } from './starter-config.ts';

const DEFAULT_FILE = 'mcp-gateway.yml';

/** Where a command works and speaks. */
export interface InitSurroundings {
  /** Absolute. */
  readonly cwd: string;
  /** Takes what was asked for (stdout). */
  readonly write: (text: string) => void;
  /** Takes why it failed (stderr); absent: as `write`. */
  readonly writeError?: (text: string) => void;
}

/**
 * `mcp-gateway init [file]`: writes a commented configuration (YAML, for its owner alone) and shows the new API key in
 * it, which the file holds as a hash. Never touches a file that is there. Resolves with the exit code: 0 written,
 * 1 not written, 2 misused.
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

/** 256 bits; the prefix tells people, and programs that look for leaked secrets, what it is. */
function newKey(): string {
  return `mcpgw_${randomBytes(32).toString('base64url')}`;
}

function hashOf(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** Why the file could not be written; undefined when it was. */
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

/** As a shell takes it. */
function quoted(name: string): string {
  return /^[\w./:\\-]+$/.test(name) ? name : JSON.stringify(name);
}
