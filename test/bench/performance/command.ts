import { spawn } from 'node:child_process';
import { atEnd } from './at-end.ts';

const TAIL_CHARS = 2000;

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end, or to the end of this process; resolves with its stdout, rejects with the last that it wrote. */
export function run(file: string, args: readonly string[], { cwd, env }: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    // A group of its own: what npm starts ends with it.
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const forget = atEnd(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'));
    let [output, complaints] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints = (complaints + text).slice(-TAIL_CHARS);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      forget();
      if (code === 0) resolve(output);
      else reject(new Error((complaints || output).slice(-TAIL_CHARS).trim() || `${file} ended with ${code}`));
    });
    child.on('error', forget);
  });
}
