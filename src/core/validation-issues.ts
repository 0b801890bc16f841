import { isJsonObject } from './json.ts';

/** A list of issues as a schema library writes it into its message. */
const DUMP = /\[\s*\{\s*"(?:code|expected|origin|path|message|keys|values|errors)"[\s\S]*\}\s*\]/;

/** A text in which a dump of validation issues, if it has one, is the first of them in words. */
export function withoutIssues(text: string): string {
  // A call that fails has no time for a search through a long text.
  return text.length < 100_000 && text.includes('[') ? text.replace(DUMP, inWords) : text;
}

function inWords(dump: string): string {
  const [issue, ...more] = issuesIn(dump);
  if (!issue) return 'it is not as it has to be';
  const others = more.length > 0 ? ` (and ${more.length} more)` : '';
  return `${issue}${others}`;
}

function issuesIn(dump: string): string[] {
  try {
    const issues: unknown = JSON.parse(dump);
    return Array.isArray(issues) ? issues.filter(isJsonObject).map(issueInWords) : [];
  } catch {
    return [];
  }
}

function issueInWords({ path, message }: { path?: unknown; message?: unknown }): string {
  const place = Array.isArray(path) && path.length > 0 ? `${path.join('.')}: ` : '';
  return `${place}${typeof message === 'string' ? message : 'invalid'}`;
}
