import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { Paint } from '../../terminal/paint.ts';
import { shown, shownText } from '../terminal.ts';
import { askField, type Field } from './ask-field.ts';

/** Puts a question and resolves with the line that was typed; undefined: there will be none. */
export type Asker = (question: string) => Promise<string | undefined>;

/** How a person is asked. */
export interface Asking {
  readonly ask: Asker;
  readonly say: (text: string) => void;
  readonly paint: Paint;
}

/** The answer to an elicitation, as the protocol has it. */
export interface FormAnswer {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: JsonObject;
}

const CANCEL: FormAnswer = { action: 'cancel' };
const DECLINE: FormAnswer = { action: 'decline' };

/** Asks a server's form field by field, and whether to send it. The end of the input cancels. */
export async function askForm({ message, requestedSchema }: JsonObject, asking: Asking): Promise<FormAnswer> {
  const { ask, say, paint } = asking;
  const fields = fieldsOf(requestedSchema);
  say(`${paint.bold('The server asks:')} ${textOf(message)}\n`);
  if (fields.length > 0) say(paint.dim('Enter takes the default or skips what may be left out; Ctrl-D cancels.\n'));
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

/** Shows an address that a server wants opened; nothing is opened. */
export async function askToGo({ message, url }: JsonObject, { ask, say, paint }: Asking): Promise<FormAnswer> {
  if (typeof url !== 'string' || !/^https?:\/\//i.test(url)) return DECLINE;
  say(
    `${paint.bold('The server asks:')} ${textOf(message)}\nOpen this address if you trust it:\n  ${paint.cyan(shown(url))}\n`,
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
  return typeof message === 'string' ? shownText(message) : '';
}
