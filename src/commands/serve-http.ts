import { cacheDirectory, dataDirectory } from '../core/directories.ts';
import { processLog } from '../process-log.ts';
import { signalled } from '../process-signals.ts';
import { type StartArguments, start } from './start.ts';

/** Serves HTTP in this process until a signal comes. */
export async function serveHttp(args: StartArguments): Promise<number> {
  return start(args, {
    env: process.env,
    cwd: process.cwd(),
    cacheDirectory: cacheDirectory(),
    dataDirectory: dataDirectory(),
    log: await processLog(),
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    stopped: signalled(),
  });
}
