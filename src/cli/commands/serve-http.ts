import { wrongSetting } from '../../config/environment.ts';
import { cacheDirectory, dataDirectory } from '../../platform/directories.ts';
import { signalled } from '../../platform/process-signals.ts';
import { processLog } from '../process-log.ts';
import { type StartArguments, start } from './start.ts';
import { misused, type Terminal } from './terminal.ts';

/** Serves HTTP in this process until a signal comes. Resolves with the exit code, 2 where an option is wrong. */
export async function serveHttp(args: StartArguments, terminal: Terminal): Promise<number> {
  for (const option of ['port', 'host'] as const) {
    const given = args[option];
    const wrong = given === undefined ? undefined : wrongSetting(option, given);
    if (wrong !== undefined) return misused(terminal, 'start', wrong);
  }
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
