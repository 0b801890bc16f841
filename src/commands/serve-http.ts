import { cacheDirectory, dataDirectory } from '../core/directories.ts';
import { processLog } from '../process-log.ts';
import { signalled } from '../process-signals.ts';
import { type StartArguments, start } from './start.ts';
import type { Terminal } from './terminal.ts';

/** Serves HTTP in this process until a signal comes. */
export async function serveHttp(args: StartArguments, terminal: Terminal): Promise<number> {
  return start(args, {
    env: process.env,
    cwd: process.cwd(),
    cacheDirectory: cacheDirectory(),
    dataDirectory: dataDirectory(),
    log: await processLog(),
    write: terminal.write,
    isLogSeen: terminal.isTty === true && terminal.isErrorTty === true,
    writeError: terminal.writeError,
    stopped: signalled(),
  });
}
