import type { Signal } from '../../core/abort.ts';
import type { ToolCall } from '../../core/call.ts';
import { clip, GatewayError } from '../../core/errors.ts';
import { writeJson } from '../../core/exact-json.ts';
import { escaped } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { originOf, type Peer } from '../../core/peer.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { displayArguments } from '../../observe/shown-arguments.ts';

const ONCE = 'once';
const SESSION = 'for this session';
const NO = 'no';

/** Consent of a person: to this call, or to all calls of its tool until the session ends. */
type Consent = 'once' | 'session';

/**
 * Asks the person at the client for consent to a call, by an elicitation form with three answers. `rule` is the place
 * of the rule, for the message. Rejects with `FORBIDDEN` unless they agree.
 */
export async function askPerson(
  call: ToolCall,
  rule: string,
  peer: Peer | undefined,
  signal: Signal,
): Promise<Consent> {
  if (!peer || !supportsForms(peer))
    throw cannotAsk(call, rule, 'the client cannot be asked (it does not offer elicitation)');
  const answer = await peer.request('elicitation/create', questionOf(call, rule, originOf(peer)), { signal });
  if ('error' in answer) throw cannotAsk(call, rule, `the client could not ask (${clip(answer.error.message)})`);
  const { action, content } = answer.result;
  if (action !== 'accept') throw refused(call, action === 'cancel' ? 'dismissed the question' : 'refused it');
  const choice = isJsonObject(content) ? content.answer : undefined;
  if (choice === ONCE) return 'once';
  if (choice === SESSION) return 'session';
  throw refused(call, choice === NO ? 'refused it' : 'did not agree to it');
}

/**
 * True if the client supports elicitation by form. A capability without `form` and `url` is of an older revision, in
 * which every elicitation was by form.
 */
function supportsForms({ identity }: Peer): boolean {
  const { elicitation } = identity.capabilities;
  return isJsonObject(elicitation) && (elicitation.form !== undefined || elicitation.url === undefined);
}

/**
 * The parameters of `elicitation/create`. They use no field of newer revisions, so that every client with elicitation
 * accepts them. `isPassing`: the session lasts for one request, so "for this session" is not offered.
 */
function questionOf(call: ToolCall, rule: string, { isPassing }: Peer): JsonObject {
  const choices = isPassing ? [ONCE, NO] : [ONCE, SESSION, NO];
  const answer = { type: 'string', title: 'Call it?', enum: choices };
  return {
    message: `${describeCall(call.tool, call.args)}\nAsked because of ${rule} in the gateway's configuration.`,
    requestedSchema: { type: 'object', properties: { answer }, required: ['answer'] },
  };
}

function refused({ tool }: ToolCall, how: string): GatewayError {
  const message = `${clip(tool.id)} was not called: the person ${how}. Do not try again unless they ask for it.`;
  return new GatewayError('FORBIDDEN', message, { details: { tool: tool.id } });
}

function cannotAsk({ tool }: ToolCall, rule: string, why: string): GatewayError {
  const message = `${clip(tool.id)} was not called: ${rule} of the gateway's configuration wants a person to be asked first, and ${why}. Tell the user; only they may change that rule to "allow", or call from a client that can be asked.`;
  return new GatewayError('FORBIDDEN', message, { details: { tool: tool.id, rule } });
}

/**
 * Longest single text, and longest text of all arguments, in characters. They are generous: the person has to see what
 * they agree to.
 */
const MAX_TEXT = 1_000;
const MAX_ARGUMENTS = 4_000;
const MAX_NAME = 120;

/**
 * A call in words for the person who decides on it: server, tool and arguments, with secrets blanked and invisible
 * characters escaped.
 */
export function describeCall(
  { server, definition }: Pick<ToolEntry, 'server' | 'definition'>,
  args: JsonObject,
): string {
  const written = writeJson(displayArguments(args, MAX_TEXT), 2);
  const cut = written.length > MAX_ARGUMENTS ? `\n(cut: ${written.length} characters)` : '';
  const argumentsText =
    written === '{}' ? 'without arguments.' : `with:\n${escaped(clip(written, MAX_ARGUMENTS))}${cut}`;
  return `Call the tool ${quoted(definition.name)} of the server ${quoted(server)} ${argumentsText}`;
}

function quoted(name: string): string {
  return escaped(JSON.stringify(clip(name, MAX_NAME)));
}
