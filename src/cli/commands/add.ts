import { resolve } from 'node:path';
import { checkEntry } from '../../config/check-entry.ts';
import { suggestion } from '../../config/diagnostic.ts';
import { resolveConfigPath } from '../../config/locate.ts';
import { parseConfig } from '../../config/parse.ts';
import { keyFlaw, readShape } from '../../config/shapes.ts';
import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import type { JsonObject } from '../../core/json.ts';
import { nearest } from '../../core/nearest.ts';
import { type ClientHome, clientHome } from '../client-configs/client.ts';
import { anyValues, placedIn, unsetVariables } from '../client-configs/convert-entry.ts';
import { type OurFile, readOurFile, withServers, withSetting } from '../client-configs/our-file.ts';
import { addSecrets, type OurSecrets, readOurSecrets } from '../client-configs/our-secrets.ts';
import { replaceFile } from '../client-configs/replace-file.ts';
import { SecretNames, withoutSecrets } from '../client-configs/secrets.ts';
import { colorsFor, type Terminal } from '../terminal/terminal.ts';
import { displayPath, jsonText } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { reportErrors, reportMisuse } from './report.ts';

const ADDRESS = /^(?:https?|wss?):\/\//i;

/**
 * Implements `mcp-gateway add <name> <url>` and `… <name> -- command args…`: adds a server to our file, after the
 * checks that a start runs. Resolves with the exit code: 0 added, 1 not added, 2 misused.
 */
export async function add(args: CommandArguments, terminal: Terminal): Promise<number> {
  const wrong = misuseOf(args);
  if (wrong !== undefined) return reportMisuse(terminal, 'add', wrong);
  return reportErrors(terminal, 'add', async () => {
    const [name = ''] = args.words;
    const { cwd, env } = terminal;
    const file = await readOurFile(resolveConfigPath({ argument: args.config && resolve(cwd, args.config), env }));
    if (file.raw.entries.some(({ key }) => key === name)) throw taken(name, file);
    const { entry: typed, notes } = placedIn(cwd, entryOf(args));
    const kept = await keptEntry(name, typed, file, clientHome(terminal));
    const added = await withServers(file, new Map([[name, kept.entry]]));
    const after = await namingSecrets({ ...file, text: added }, kept);
    const warnings = await check(name, kept, { ...file, text: after }, terminal);
    for (const note of notes) terminal.writeError(`${displayText(note)}\n`);
    warn([...warnings, ...unsetIn(kept)], terminal);
    if (args['dry-run']) terminal.write(jsonText({ [name]: kept.entry }));
    else {
      await keepValues(kept);
      terminal.write(`${keptLine(kept, terminal)}${await written(name, file, after, terminal)}`);
    }
    return 0;
  });
}

function misuseOf({ words: [name, how, ...more], env = [], header = [] }: CommandArguments): string | undefined {
  if (name === undefined) return 'names no server';
  const flaw = keyFlaw(name);
  if (flaw !== undefined) return `${flaw}: expected another name for the server`;
  if (name.startsWith('$')) return `found ${JSON.stringify(name)}, expected a name without "$"`;
  if (how === undefined) return `found no address or command for ${JSON.stringify(name)}`;
  const isRemote = ADDRESS.test(how);
  const mistyped = isRemote ? undefined : addressFlaw(how);
  if (mistyped !== undefined) return mistyped;
  if (isRemote && more.length > 0) return `found ${JSON.stringify(more[0])} after the address, expected options`;
  if (isRemote && env.length > 0) return '--env is for a command; a remote server takes --header';
  if (!isRemote && header.length > 0) return '--header is for an address; a command takes --env';
  // The message does not quote the text as typed: without a name it may be the secret value.
  if (!env.every((each) => /^[^=\s]+=/.test(each))) return 'found an --env without a name, expected NAME=value';
  return header.every((each) => /^[^:\s]+:/.test(each))
    ? undefined
    : "found a --header without a name, expected 'Name: value'";
}

const SCHEMES = ['https', 'http', 'wss', 'ws'];

/** Returns the flaw of a word that was meant as an address; undefined if the word may be a program. */
function addressFlaw(word: string): string | undefined {
  const [, scheme = ''] = /^([a-z][a-z\d+.-]*):\/{1,2}\S/i.exec(word) ?? [];
  if (scheme.length > 1) {
    const meant = SCHEMES.includes(scheme.toLowerCase()) ? `${scheme}://` : nearest(scheme, SCHEMES);
    return `found an address with ${JSON.stringify(`${scheme}:`)}, expected http://, https://, ws:// or wss://${suggestion(meant)}`;
  }
  return /^[a-z\d.-]+:\d+(?:\/|$)/i.test(word)
    ? `found ${JSON.stringify(displayText(word))}: an address begins with http:// or https://`
    : undefined;
}

function taken(name: string, { path }: OurFile): GatewayError {
  const cure = `mcp-gateway remove ${displayText(name)} takes it out`;
  return new GatewayError('CONFIG_INVALID', `${path}: has a server called ${JSON.stringify(name)} already; ${cure}`);
}

function entryOf({ words: [, ...command], env, header, description, tag }: CommandArguments): JsonObject {
  const [first = ''] = command;
  return {
    ...(ADDRESS.test(first) ? { url: first } : { command }),
    ...(env && { environment: pairs(env, '=') }),
    ...(header && { headers: pairs(header, ':') }),
    ...(description !== undefined && { description }),
    ...(tag && { tags: tag }),
  };
}

function pairs(texts: readonly string[], sign: string): JsonObject {
  return Object.fromEntries(
    texts.map((text) => [text.slice(0, text.indexOf(sign)), text.slice(text.indexOf(sign) + 1).trim()]),
  );
}

/**
 * Checks the entry in the new text of the file; variables may have any value. Resolves with its warnings. Throws
 * `INVALID_ARGUMENTS` if the entry is wrong.
 */
async function check(
  name: string,
  { entry, secrets, values }: KeptEntry,
  { path, text = '' }: OurFile,
  terminal: Terminal,
): Promise<string[]> {
  const { root } = await parseConfig(text, path);
  const raw = readShape(root).entries.find(({ key }) => key === name);
  const surroundings = {
    ...{ folder: resolve(path, '..'), home: clientHome(terminal).home, env: anyValues(entry) },
    ...(secrets && { secrets: { values: { ...secrets.values, ...Object.fromEntries(values) } } }),
  };
  const { value, findings } = raw ? checkEntry(raw, surroundings) : { value: undefined, findings: [] };
  const texts = findings.map((finding) => finding.text);
  if (value) return texts;
  throw new GatewayError(
    'INVALID_ARGUMENTS',
    `${displayText(name)}: ${texts.join('; ') || 'cannot be the name of a server'}`,
  );
}

/** Returns a line for people that names the file to which the secrets are written. */
function keptLine({ secrets, values }: KeptEntry, terminal: Terminal): string {
  if (!secrets) return '';
  return `Secrets, to ${displayPath(secrets.path, clientHome(terminal).home)}: ${[...values.keys()].map(displayText).join(', ')}\n`;
}

function unsetIn({ unset, values }: KeptEntry): string[] {
  return unset.map((each) =>
    values.has(each)
      ? `the variable ${each} is to be set where the gateway starts, to the secret that was given`
      : `the variable ${each} is to be set where the gateway starts`,
  );
}

function warn(warnings: readonly string[], terminal: Terminal): void {
  const { yellow } = colorsFor(terminal, 'error');
  for (const warning of warnings) terminal.writeError(`${yellow(displayText(warning))}\n`);
}

async function written(name: string, { path, text }: OurFile, after: string, terminal: Terminal): Promise<string> {
  const { home } = clientHome(terminal);
  const backup = await replaceFile({ path, before: text, after, backup: true });
  const kept = backup ? `; as it was: ${displayPath(backup, home)}` : '';
  return `Added ${displayText(name)} to ${displayPath(path, home)}${kept}\nIts tools: mcp-gateway list ${displayText(name)}\n`;
}

/** An entry in the form that will be written, and the secrets that references have replaced in it. */
export interface KeptEntry {
  /** The entry with references in place of secrets. */
  readonly entry: JsonObject;
  /** Values by the names in these references: never to be shown. */
  readonly values: ReadonlyMap<string, string>;
  /**
   * File to which the secrets are written; undefined if our secrets come from a command or the entry has none: the
   * environment must then have the values.
   */
  readonly secrets?: OurSecrets | undefined;
  /** Variables of the entry that are set neither in the environment nor in our file of secrets. */
  readonly unset: readonly string[];
}

/** Replaces the secrets in a written entry by references, as an import does. Writes nothing. */
async function keptEntry(key: string, written: JsonObject, file: OurFile, home: ClientHome): Promise<KeptEntry> {
  const secrets = await readOurSecrets(file, home);
  const env = { ...secrets?.values, ...home.env };
  const names = secrets ? new SecretNames(secrets.values, 'secrets') : new SecretNames(env);
  const entry = withoutSecrets(key, written, names);
  const values = names.in(JSON.stringify(entry));
  const isKept = secrets !== undefined && values.size > 0;
  return { entry, values, ...(isKept && { secrets }), unset: unsetVariables(entry, env) };
}

/** Returns the text of our file with the setting `secrets`, if that has to be added. */
async function namingSecrets(file: OurFile, { secrets }: KeptEntry): Promise<string> {
  return secrets?.setting ? withSetting(file, 'secrets', secrets.setting) : (file.text ?? '');
}

/** Writes the values to the file of secrets; runs before the configuration with their references is written. */
async function keepValues({ secrets, values }: KeptEntry): Promise<void> {
  if (secrets) await addSecrets(secrets, values);
}
