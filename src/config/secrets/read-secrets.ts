import { resolve } from 'node:path';
import { causeOf } from '../../core/errors.ts';
import type { Environment } from '../../platform/gateway-environment.ts';
import { expandHome } from '../../platform/home-directory.ts';
import { runProgram } from '../../platform/run-program.ts';
import { parseSecrets } from './parse-secrets.ts';
import { contentOf, type Secrets } from './secrets.ts';

/** Longest file of secrets, in bytes. */
const MAX_FILE_BYTES = 1_048_576;

/** The `secrets` of the settings: either a file or a command. */
interface SecretsSource {
  readonly file?: string | undefined;
  readonly command?: readonly string[] | undefined;
  /** Longest run of the command, in ms. */
  readonly timeoutMs: number;
}

interface Places {
  /** Where a relative file is looked for, and the command runs; absolute. */
  readonly folder: string;
  readonly home: string;
  readonly env: Environment;
}

/** Reads the file, or runs the command, of the `secrets` in the settings. Never rejects: a failure is told in the result. */
export async function readSecrets(settings: SecretsSource, places: Places): Promise<Secrets> {
  const { file, command: [program] = [] } = settings;
  const from = file === undefined ? `the command ${JSON.stringify(program)}` : `the file ${file}`;
  try {
    return { values: await parseSecrets(await textOf(settings, places)) };
  } catch (error) {
    return { values: {}, problem: `the "secrets" of the gateway cannot be read: ${from}: ${causeOf(error)}` };
  }
}

/** What a command says on stderr is not repeated: secrets may be in it. */
async function textOf({ file, command = [], timeoutMs }: SecretsSource, places: Places): Promise<string> {
  const { folder, home, env } = places;
  if (file !== undefined) return contentOf(resolve(folder, expandHome(file, home)), MAX_FILE_BYTES);
  const { code, stdout } = await runProgram(command, { cwd: folder, env, timeoutMs });
  if (code !== 0) throw new Error(`it ended with ${code}; run it by hand to see why`);
  return stdout;
}
