import type { GatewayConfig } from '../../config/load.ts';
import type { JsonObject } from '../../core/json.ts';
import { VERSION } from '../../version.ts';
import type { Diagnosis } from '../doctor/examine.ts';
import { AREAS, type Finding, grouped, type Level } from '../doctor/finding.ts';
import { paintFor } from '../terminal/paint.ts';
import { clientHome, shown, type Terminal } from './terminal.ts';

const MARKS: Readonly<Record<Level, string>> = { ok: '✓', warning: '!', error: '✗' };
const COLOURS = { ok: 'green', warning: 'yellow', error: 'red' } as const;

/** The findings for people, area by area, each with its cure; the last line counts them. */
export function doctorReport({ findings: all }: Diagnosis, terminal: Terminal): string {
  const findings = grouped(all);
  const { home } = clientHome(terminal);
  const paint = paintFor(terminal);
  const mark = (level: Level) => paint[COLOURS[level]](MARKS[level]);
  // Within quotes a shell would not know what ~ is.
  const text = (words: string) =>
    shown(words.replaceAll(`${home}/`, (path, at: number) => (words[at - 1] === "'" ? path : '~/')));
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

/** The same for programs. */
export function doctorJson({ findings, servers, tokens }: Diagnosis, { path }: GatewayConfig): JsonObject {
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
