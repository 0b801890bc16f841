import type { ConfigProblem } from '../../config/diagnostic.ts';
import type { GatewayConfig } from '../../config/load.ts';
import { type Finding, type Notes, notesOn } from './finding.ts';

/** Which file counts, and everything that is wrong in it; of servers only those that are `concerned`. */
export function checkConfig(config: GatewayConfig, concerned: (server: string) => boolean): readonly Finding[] {
  const notes = notesOn('configuration');
  if (!config.found) {
    const cure = 'mcp-gateway import takes over the servers of your clients; the README shows how a file looks';
    notes.error(config.path, 'there is no such file: the gateway has no servers', cure);
    return notes.findings;
  }
  for (const problem of config.problems)
    if (problem.server === undefined || concerned(problem.server)) note(problem, config, notes);
  const { servers, misconfigured, disabled } = config;
  const count = servers.length + misconfigured.length;
  if (count === 0 && config.problems.length === 0)
    notes.warning(config.path, 'no server is configured', 'mcp-gateway import takes over those of your clients');
  const off = disabled.length > 0 ? `, ${disabled.length} disabled` : '';
  if (notes.findings.length === 0) notes.ok(config.path, `${count === 1 ? '1 server' : `${count} servers`}${off}`);
  return notes.findings;
}

/** `:3:14` where it is not JSON, else `: key.path`; then the text. */
const PLACED = /^((?::\d+)*)(?:: ((?:[^\s:"]|"(?:[^"\\]|\\.)*")+))?: (.*)$/s;

/** The message of a problem taken apart: `file: place: what is wrong, what is expected`. */
function note({ severity, message }: ConfigProblem, { path: own, project }: GatewayConfig, notes: Notes): void {
  const file = [own, project?.path].find((each) => each !== undefined && message.startsWith(each));
  const within = file === undefined ? message : message.slice(file.length);
  const [, line = '', path = '', text = within] = PLACED.exec(within) ?? [];
  const place = file === undefined ? 'the environment' : `${file}${line}${path && `: ${path}`}`;
  const { cause, cure } = withCure(text);
  notes[severity](place, cause, file !== undefined && file === project?.path ? cureInProject(cure, file) : cure);
}

/** What of a project's file counts is the text that was confirmed. */
function cureInProject(cure: string, file: string): string {
  return cure.includes('mcp-gateway allow') ? cure : `${cure}; then mcp-gateway allow ${file}`;
}

/** The cure is the second half of the text: what is expected, what was meant, what to do. */
function withCure(text: string): { readonly cause: string; readonly cure: string } {
  const unset = /^the variable (\S+) is not set, /.exec(text);
  if (unset) return { cause: text, cure: `set ${unset[1]} where the gateway starts, or name a default` };
  const allow = /^(.*?)(?: until .*)?: (mcp-gateway allow .*)$/s.exec(text);
  if (allow) return { cause: allow[1] ?? text, cure: `read and confirm it: ${allow[2]}` };
  const half = /^(.*?)(?:, (?=expected |did you mean )|; )(.*?)(?: \(ignored\))?$/s.exec(text);
  return { cause: half?.[1] ?? text, cure: half?.[2] ?? 'correct it, or take it out' };
}
