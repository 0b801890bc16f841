import { suggestion } from '../../config/diagnostic.ts';
import { emptyConfig, type GatewayConfig } from '../../config/load.ts';
import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import type { JsonObject } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import { dataDirectory } from '../../platform/directories.ts';
import { VERSION } from '../../version.ts';
import { clientHome } from '../client-configs/client.ts';
import { type Diagnosis, type Examination, examine } from '../doctor/examine.ts';
import { AREAS, type Finding, grouped, type Level } from '../doctor/finding.ts';
import { colorsFor, type Terminal } from '../terminal/terminal.ts';
import { type CommandArguments, START_SECONDS, timeoutMs } from './command.ts';
import { configurationPath, readConfiguration } from './configuration.ts';
import { reportErrors, reportMisuse } from './report.ts';

/**
 * Implements `mcp-gateway doctor [server…]`: reports problems and their cures. Resolves with the exit code: 0 nothing
 * worse than a warning, 1 an error was found, 2 misused, 130 interrupted. Leaves no process behind.
 */
export async function doctor(args: CommandArguments, terminal: Terminal): Promise<number> {
  const patienceMs = timeoutMs(args.timeout, START_SECONDS);
  if (typeof patienceMs === 'string') return reportMisuse(terminal, 'doctor', patienceMs);
  return reportErrors(terminal, 'doctor', async () => {
    const config = await readConfig(args, terminal);
    const unknown = unknownServer(args.words, config);
    if (unknown !== undefined) return reportMisuse(terminal, 'doctor', unknown);
    return interruptible((signal) =>
      run({ ...examinationOf(config, terminal), wanted: args.words, timeoutMs: patienceMs, signal }, args, terminal),
    );
  });
}

/** Loads the configuration; if the file cannot be used, returns an empty one with the error as its problem. */
async function readConfig({ config }: CommandArguments, terminal: Terminal): Promise<GatewayConfig> {
  try {
    return await readConfiguration(config, terminal);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const path = configurationPath(config, terminal);
    return emptyConfig(path, [{ severity: 'error', message: error.message }], terminal.env);
  }
}

function unknownServer(wanted: readonly string[], { servers, misconfigured, disabled }: GatewayConfig) {
  const known = [...servers.map(({ key }) => key), ...misconfigured.map(({ server }) => server), ...disabled];
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const meant = suggestion(nearest(unknown, known));
  return `there is no server ${JSON.stringify(unknown)}${meant} (configured: ${known.join(', ') || 'none'})`;
}

function examinationOf(config: GatewayConfig, terminal: Terminal) {
  const [, bin] = terminal.self;
  return { config, home: clientHome(terminal), dataDirectory: dataDirectory(terminal.env), bin };
}

async function run(examination: Examination, { json }: CommandArguments, terminal: Terminal): Promise<number> {
  const { isErrorTty, write, writeError } = terminal;
  if (!json && isErrorTty) writeError(`Asking the servers, ${examination.timeoutMs / 1_000} s at most…\n`);
  const diagnosis = await examine(examination);
  if (examination.signal.aborted) return 130;
  if (json) write(`${JSON.stringify(doctorJson(diagnosis, examination.config), undefined, 2)}\n`);
  else write(doctorReport(diagnosis, terminal));
  return diagnosis.findings.some(({ level }) => level === 'error') ? 1 : 0;
}

/** Runs work with a signal that Ctrl-C aborts, so that the servers end before this process. */
async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const abort = new AbortController();
  const interrupt = () => abort.abort();
  process.once('SIGINT', interrupt);
  try {
    return await work(abort.signal);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

const MARKS: Readonly<Record<Level, string>> = { ok: '✓', warning: '!', error: '✗' };
const COLOURS = { ok: 'green', warning: 'yellow', error: 'red' } as const;

/** Returns the findings for people, by area, each with its cure; the last line counts them. */
export function doctorReport({ findings: all }: Diagnosis, terminal: Terminal): string {
  const findings = grouped(all);
  const { home } = clientHome(terminal);
  const colors = colorsFor(terminal);
  const mark = (level: Level) => colors[COLOURS[level]](MARKS[level]);
  // A shell does not expand `~` within quotes.
  const text = (words: string) =>
    displayText(words.replaceAll(`${home}/`, (path, at: number) => (words[at - 1] === "'" ? path : '~/')));
  const areas = AREAS.filter((area) => findings.some((finding) => finding.area === area));
  const sections = areas.map((area) => {
    const lines = findings
      .filter((finding) => finding.area === area)
      .flatMap(({ level, place, cause, cure }) => [
        `  ${mark(level)} ${text(place)}: ${text(cause)}`,
        ...(cure === undefined ? [] : [`      → ${text(cure)}`]),
      ]);
    return `${area[0]?.toUpperCase()}${area.slice(1)}\n${lines.join('\n')}\n`;
  });
  return `${sections.join('\n')}\n${summary(findings)}\n`;
}

function summary(findings: readonly Finding[]): string {
  const [errors, warnings] = [count(findings, 'error'), count(findings, 'warning')];
  if (errors + warnings === 0) return 'Nothing is wrong.';
  const plural = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
}

function count(findings: readonly Finding[], level: Level): number {
  return findings.filter((finding) => finding.level === level).length;
}

/** Returns the findings for programs. */
function doctorJson({ findings, servers, tokens }: Diagnosis, { path }: GatewayConfig): JsonObject {
  return {
    version: VERSION,
    config: path,
    errors: count(findings, 'error'),
    warnings: count(findings, 'warning'),
    findings,
    servers,
    tokens,
  };
}
