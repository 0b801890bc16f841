import { workingDirectory } from './directories.ts';
import { signalGroup, spawnProgram } from './process-group.ts';
import { usersEnvironment } from './users-environment.ts';

export interface RunProgramOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  /**
   * Folder of the configuration that names the program. Absent: the home directory, and the program is named by no
   * configuration.
   */
  readonly cwd?: string;
  /** Text for its stdin, which is then closed. */
  readonly input?: string;
}

/** End of a program, and its output. */
export interface ProgramResult {
  /** Exit code, or the name of the signal that ended the program. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Most characters that a program may write to one stream. */
const MAX_CHARS = 1_048_576;

/**
 * Runs a program of the user to its end, without a shell and outside of a project in which we were started. Rejects
 * where it cannot be started, writes too much, or does not end within `timeoutMs`. Its process group is killed in any
 * case. The message of the error contains none of its output.
 */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  { env, timeoutMs, cwd, input = '' }: RunProgramOptions,
): Promise<ProgramResult> {
  const place = {
    env: { ...usersEnvironment(env, { folder: cwd }) },
    cwd: workingDirectory(cwd === undefined ? {} : { cwd }),
  };
  const started = spawnProgram(program, args, place);
  const child = started instanceof Promise ? await started : started;
  const end = () => void (child.pid !== undefined && signalGroup(child.pid, 'SIGKILL'));
  process.once('exit', end);
  let timer: NodeJS.Timeout | undefined;
  const result = new Promise<ProgramResult>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${timeoutMs} ms`)), timeoutMs);
    const tooMuch = () => reject(new Error(`it wrote more than ${MAX_CHARS} characters`));
    const texts = [child.stdout, child.stderr].map((stream) => collectText(stream, tooMuch));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const [stdout = '', stderr = ''] = texts.map((text) => text());
      resolve({ code: code ?? signal ?? 'no code', stdout, stderr });
    });
    // A program may end without reading its stdin.
    child.stdin?.on('error', () => {}).end(input);
  });
  return result.finally(() => {
    clearTimeout(timer);
    process.off('exit', end);
    end();
  });
}

function collectText(stream: NodeJS.ReadableStream | null, tooMuch: () => void): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length <= MAX_CHARS) text += chunk;
    else tooMuch();
  });
  return () => text;
}
