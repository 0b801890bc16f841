import { basename } from 'node:path';
import type { JsonObject } from '../../core/json.ts';

/** Programs that start others, and words that say how. */
const STARTS_OTHERS =
  /^(?:npx|npm|pnpm|pnpx|yarn|bun|bunx|deno|node|uv|uvx|pipx|python[\d.]*|docker|podman|env|exec|run|dlx|tool|x|cmd|sh|bash)(?:\.exe|\.cmd)?$/i;

/** What a server without a name is called: after its package, program or host; undefined: nothing tells. */
export function nameOfEntry({ command, args, url, serverUrl, httpUrl }: JsonObject): string | undefined {
  const address = [url, serverUrl, httpUrl].find((each) => typeof each === 'string' && URL.canParse(each));
  if (typeof address === 'string') return new URL(address).hostname;
  const words = [command, args].flat().filter((word) => typeof word === 'string');
  // A script is no name.
  const names = words.filter((word) => /^[^-=\s][^=\s]*$/.test(word)).map(plainName);
  const named = names.find((name) => name !== '' && !STARTS_OTHERS.test(name)) ?? names[0];
  return named || undefined;
}

/** `@scope/name@1.2.3` and `/path/name.js` → name. */
function plainName(word: string): string {
  return basename(word.replaceAll('\\', '/'))
    .replace(/(?<=.)[@:].*$/s, '')
    .replace(/\.(?:[cm]?[jt]s|py|exe|cmd|sh)$/i, '')
    .replace(/[^\w.-]+/g, '-');
}
