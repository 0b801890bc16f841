import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findProblems } from '../../../broker/arguments/check-arguments.ts';
import { walkFrom } from '../../../broker/arguments/schema-walk.ts';
import { displayText } from '../../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { ClientIdentity, Peer, PeerRequestOptions } from '../../../core/peer.ts';
import { type Answer, METHOD_NOT_FOUND } from '../../../core/rpc.ts';
import { VERSION } from '../../../version.ts';
import { logText, type StatusLine } from '../../terminal/status-line.ts';
import { type Colors, colorsFor, type Terminal } from '../../terminal/terminal.ts';
import { displayLines } from '../../terminal/text-layout.ts';
import { readValue } from './read-arguments.ts';

interface PersonOptions {
  readonly status: StatusLine;
  /** True to show the log messages of servers. */
  readonly showsLogs: boolean;
  /** Absolute folders that servers get as roots; absent: none, not even the working directory. */
  readonly roots?: readonly string[] | undefined;
}

/**
 * Presents the user at a terminal as a client to servers: answers their questions there, one after the other. Refuses
 * sampling, because there is no model.
 */
export class Person implements Peer {
  readonly identity: ClientIdentity;
  readonly logLevel?: string;
  readonly takesInputRequired = false;
  readonly #terminal: Terminal;
  readonly #options: PersonOptions;
  #answered: Promise<unknown> = Promise.resolve();

  constructor(terminal: Terminal, options: PersonOptions) {
    this.#terminal = terminal;
    this.#options = options;
    if (options.showsLogs) this.logLevel = 'info';
    const asks = terminal.prompt && { elicitation: { form: {}, url: {} } };
    this.identity = {
      info: { name: 'mcp-gateway', version: VERSION },
      capabilities: { ...(options.roots && { roots: {} }), ...asks },
    };
  }

  async request(method: string, params: JsonObject, { signal }: PeerRequestOptions): Promise<Answer> {
    const { roots } = this.#options;
    if (method === 'roots/list' && roots) return { result: { roots: roots.map(rootOf) } };
    const { prompt } = this.#terminal;
    if (method !== 'elicitation/create' || !prompt) return refusal(method);
    const ask: Asker = (question) => (signal.aborted ? Promise.resolve(undefined) : prompt(question, signal));
    const answer = this.#answered.then(() => this.#options.status.aside(() => this.#ask(params, ask)));
    this.#answered = answer;
    return { result: { ...(await answer) } };
  }

  notify(method: string, params: JsonObject): void {
    if (method !== 'notifications/message' || !this.#options.showsLogs) return;
    const { dim } = colorsFor(this.#terminal, 'error');
    this.#options.status.above(`${dim(displayText(logText(params)))}\n`);
  }

  #ask(params: JsonObject, ask: Asker): Promise<FormAnswer> {
    const colors = colorsFor(this.#terminal, 'error');
    const say = (text: string) => this.#terminal.writeError(text);
    return params.mode === 'url' ? askToGo(params, { ask, say, colors }) : askForm(params, { ask, say, colors });
  }
}

function rootOf(path: string): JsonObject {
  return { uri: pathToFileURL(path).href, name: basename(path) };
}

function refusal(method: string): Answer {
  const message = `Method not found: ${method} was refused: there is a command line, and neither a model nor somebody to ask`;
  return { error: { code: METHOD_NOT_FOUND, message } };
}

/** Asks a question and resolves with the typed line; undefined at the end of the input. */
type Asker = (question: string) => Promise<string | undefined>;

/** Functions to ask the user. */
interface Asking {
  readonly ask: Asker;
  readonly say: (text: string) => void;
  readonly colors: Colors;
}

/** The answer to an elicitation, in the protocol's form. */
interface FormAnswer {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: JsonObject;
}

const CANCEL: FormAnswer = { action: 'cancel' };
const DECLINE: FormAnswer = { action: 'decline' };

/** Asks for the fields of a server's form one by one, and then whether to send it. The end of the input cancels. */
async function askForm({ message, requestedSchema }: JsonObject, asking: Asking): Promise<FormAnswer> {
  const { ask, say, colors } = asking;
  const fields = fieldsOf(requestedSchema);
  say(`${colors.bold('The server asks:')} ${textOf(message)}\n`);
  if (fields.length > 0) say(colors.dim('Enter takes the default or skips what may be left out; Ctrl-D cancels.\n'));
  const content: [string, unknown][] = [];
  for (const field of fields) {
    const answer = await askField(field, asking);
    if (answer === 'ended') return CANCEL;
    if (answer !== 'skipped') content.push([field.name, answer.value]);
  }
  const consent = await ask(fields.length > 0 ? 'Send this? [Y/n] ' : 'Agree? [Y/n] ');
  if (consent === undefined) return CANCEL;
  return isNo(consent) ? DECLINE : { action: 'accept', content: Object.fromEntries(content) };
}

/** Shows an address that a server wants opened, and asks for consent; opens nothing. */
async function askToGo({ message, url }: JsonObject, { ask, say, colors }: Asking): Promise<FormAnswer> {
  if (typeof url !== 'string' || !/^https?:\/\//i.test(url)) return DECLINE;
  say(
    `${colors.bold('The server asks:')} ${textOf(message)}\nOpen this address if you trust it:\n  ${colors.cyan(displayText(url))}\n`,
  );
  const consent = await ask('Go on? [Y/n] ');
  if (consent === undefined) return CANCEL;
  return isNo(consent) ? DECLINE : { action: 'accept' };
}

function fieldsOf(schema: unknown): readonly Field[] {
  if (!isJsonObject(schema) || !isJsonObject(schema.properties)) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).map(([name, own]) => ({
    name,
    schema: isJsonObject(own) ? own : {},
    isRequired: required.includes(name),
  }));
}

function isNo(answer: string): boolean {
  return /^no?$/i.test(answer.trim());
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? displayLines(message) : '';
}

/** One field of a server's form. */
interface Field {
  readonly name: string;
  readonly schema: JsonObject;
  readonly isRequired: boolean;
}

/**
 * The typed value or the default; `skipped`: the user typed nothing, and there is no default; `ended`: the input has
 * ended.
 */
type FieldAnswer = { readonly value: unknown } | 'skipped' | 'ended';

interface Choice {
  readonly value: unknown;
  readonly title: string;
}

/** Asks for one field until the schema accepts the answer, the user skips an optional field, or the input ends. */
async function askField(field: Field, { ask, say, colors }: Asking): Promise<FieldAnswer> {
  const choices = choicesOf(field.schema);
  for (const [index, { title }] of choices.entries()) say(`  ${index + 1}) ${displayText(title)}\n`);
  for (;;) {
    const line = await ask(`${colors.bold(label(field))}${colors.dim(hint(field, choices))}: `);
    if (line === undefined) return 'ended';
    const answer = read(line.trim(), field, choices);
    const problem = problemOf(answer, field);
    if (problem === undefined) return answer;
    say(`  ${colors.yellow(`expected ${displayText(problem)}`)}\n`);
  }
}

function read(text: string, { schema }: Field, choices: readonly Choice[]): FieldAnswer {
  if (text === '') return schema.default === undefined ? 'skipped' : { value: schema.default };
  if (schema.type === 'array') return { value: text.split(',').map((part) => chosen(part.trim(), choices)) };
  if (choices.length > 0) return { value: chosen(text, choices) };
  if (schema.type === 'boolean' && /^(?:y|yes|n|no)$/i.test(text)) return { value: /^y/i.test(text) };
  return { value: readValue(text, { schema, root: schema }) };
}

/** Returns the value of the choice with this value or title, else with this number, else the text itself. */
function chosen(text: string, choices: readonly Choice[]): unknown {
  const named = choices.find(({ value, title }) => text === value || text === title);
  const choice = named ?? (/^\d+$/.test(text) ? choices[Number(text) - 1] : undefined);
  return choice ? choice.value : text;
}

function problemOf(answer: FieldAnswer, { schema, isRequired }: Field): string | undefined {
  if (answer === 'ended') return undefined;
  if (answer === 'skipped') return isRequired ? 'an answer' : undefined;
  const walk = walkFrom(schema);
  return walk && findProblems(schema, answer.value, walk)[0]?.expected;
}

function choicesOf(schema: JsonObject): readonly Choice[] {
  const own = isJsonObject(schema.items) ? schema.items : schema;
  const titled = [own.oneOf, own.anyOf].find(Array.isArray) as unknown[] | undefined;
  if (titled)
    return titled.filter(isJsonObject).map((one) => ({ value: one.const, title: String(one.title ?? one.const) }));
  if (!Array.isArray(own.enum)) return [];
  const names: readonly unknown[] = Array.isArray(own.enumNames) ? own.enumNames : [];
  return own.enum.map((value: unknown, index) => ({ value, title: String(names[index] ?? value) }));
}

function label({ name, schema }: Field): string {
  return displayText(typeof schema.title === 'string' ? schema.title : name);
}

function hint({ schema, isRequired }: Field, choices: readonly Choice[]): string {
  const { type, format, description, default: standard } = schema;
  const kind =
    type === 'array' ? 'several of these, with commas' : choices.length > 0 ? 'one of these' : (format ?? type);
  const kinds = [kind === 'boolean' ? 'y or n' : kind, isRequired ? 'required' : undefined];
  const taken = standard === undefined ? undefined : `default ${JSON.stringify(standard)}`;
  const told = [...kinds, taken, description].filter((text) => typeof text === 'string');
  return told.length > 0 ? displayText(` (${told.join('; ')})`) : '';
}
