import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Translated, TranslationContext } from './client.ts';
import { bracedEntry } from './gemini-cli.ts';
import { literally, mapTexts, translateFields } from './translate.ts';

/** `extensions` of Goose: the program is `cmd`, the address `uri`, times are seconds, and some secrets are in its keychain. */
export function translateGoose(written: JsonObject): Translated {
  const { config, ...beside } = written;
  const entry: JsonObject = isJsonObject(config) ? { ...config, ...beside } : written;
  const { type, env_keys: names } = entry;
  const refusal = `it is a part of Goose itself (${String(type)})`;
  if (['builtin', 'platform', 'frontend', 'inline_python'].includes(String(type)))
    return { entry: {}, notes: [], refusal };
  const keys = Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  const kept = Object.fromEntries(keys.map((name) => [name, `\${${name}}`]));
  const translated = translateFields(entry, {
    renamed: { cmd: 'command', uri: 'url', envs: 'env' },
    ignored: ['name', 'display_name', 'bundled', 'env_keys', 'id'],
    timeout: 'seconds',
  });
  const { entry: fields, ...rest } = literally('Goose', ['plain'], translated);
  return {
    ...rest,
    entry: { ...fields, ...(keys.length > 0 && { env: { ...kept, ...(isJsonObject(fields.env) && fields.env) } }) },
  };
}

/** `context_servers` of Zed: the program may be an object of its own; it fills in no variables. */
export function translateContextServer(written: JsonObject): Translated {
  const { command, source, ...fields } = written;
  const program = isJsonObject(command)
    ? { command: command.path, args: command.args, env: command.env, timeout: command.timeout }
    : { command };
  const given = Object.fromEntries(
    Object.entries({ ...fields, ...program }).filter(([, value]) => value !== undefined),
  );
  if (given.command === undefined && given.url === undefined)
    return { entry: {}, notes: [], refusal: 'only Zed knows how to start this extension' };
  const translated = translateFields(given, { ignored: ['settings', 'remote', 'remote_server'] });
  return literally('Zed', [], translated);
}

/** `mcp` of Crush: its times are seconds, and a shell of its own expands `$X` and `$(command)`. */
export function translateCrush(entry: JsonObject, { home }: TranslationContext): Translated {
  const translated = literally('Crush', ['plain'], translateFields(entry, { timeout: 'seconds' }));
  // Not which one: a secret may be in it.
  const refusal = JSON.stringify(entry).includes('$(') ? 'only the shell of Crush runs its $(…)' : undefined;
  return { ...translated, entry: bracedEntry(translated.entry, home.env), refusal };
}

/** `mcpServers` of LibreChat: what each of its users fills in becomes a variable, what it knows of them cannot. */
export function translateLibreChat(entry: JsonObject): Translated {
  const translated = translateFields(entry, {
    ignored: ['iconPath', 'title', 'chatMenu', 'startup', 'serverInstructions', 'customUserVars', 'requiresOAuth'],
  });
  const { entry: fields, ...rest } = literally('LibreChat', ['plain'], translated);
  const unknown = new Set<string>();
  const filled = mapTexts(fields, (text) =>
    text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
      if (isJsonObject(entry.customUserVars) && Object.hasOwn(entry.customUserVars, name)) return `\${${name}}`;
      unknown.add(whole);
      return whole;
    }),
  );
  if (unknown.size === 0) return { ...rest, entry: filled };
  return { ...rest, entry: filled, refusal: `only LibreChat knows ${[...unknown].join(', ')}` };
}
