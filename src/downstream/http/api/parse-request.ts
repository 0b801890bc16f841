import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type * as z from 'zod';
import { describeFound } from '../../../config/finding.ts';
import { causeOf, clip, GatewayError } from '../../../core/errors.ts';
import { keepSources, parseJson } from '../../../core/exact-json.ts';
import { withFewUnknown } from '../../../core/few-members.ts';
import { isJsonObject } from '../../../core/json.ts';
import { beyondBounds, STRANGERS_JSON } from '../../../core/json-bounds.ts';
import { invalidInput } from '../problem.ts';
import type { Route } from './route.ts';

/** What a request says, as the schemas of its route parse it. Throws problems that name the place. */
export async function parseRequest({ params, query, body }: Route, { req }: Context) {
  return {
    params: params && parse('path', params, req.param()),
    query: parseQuery(query, req.queries()),
    body: body && parse('body', body, await readBody(body, req)),
  };
}

/** Throws where the body is no object. */
async function readBody(schema: z.ZodObject, req: Context['req']): Promise<unknown> {
  const body = await readJson(req);
  if (!isJsonObject(body)) throw noObject(describeFound(body));
  return withoutNulls(schema, withFewUnknown(body, Object.keys(schema.shape)));
}

/** What may be left out is absent where it is null. */
function withoutNulls({ shape }: z.ZodObject, body: unknown): unknown {
  if (!isJsonObject(body)) return body;
  const isAbsent = ([name, value]: [string, unknown]) =>
    value === null && Object.hasOwn(shape, name) && shape[name]?.safeParse(undefined).success;
  return Object.values(body).includes(null)
    ? keepSources(Object.fromEntries(Object.entries(body).filter((member) => !isAbsent(member))), body)
    : body;
}

function parse(where: 'path' | 'query' | 'body', schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(where, parsed.error);
}

function parseQuery(schema: z.ZodObject | undefined, given: Record<string, string[]>): unknown {
  if (schema) return parse('query', schema, Object.fromEntries(Object.entries(given).map(single)));
  const [unknown] = Object.keys(given);
  if (unknown === undefined) return undefined;
  const detail = `unknown parameter ${JSON.stringify(clip(unknown))}; there are none here`;
  throw new GatewayError('INVALID_ARGUMENTS', `query: ${detail}`, {
    details: { errors: [{ parameter: unknown, detail }] },
  });
}

/** A parameter that is given once is a text; one given several times a list. */
function single([name, values]: [string, string[]]): [string, unknown] {
  return [name, values.length === 1 ? values[0] : values];
}

async function readJson(req: Context['req']): Promise<unknown> {
  const type = req.header('content-type');
  if (!/^application\/json\s*(;|$)/i.test(type ?? '')) {
    const found = type === undefined ? 'none' : `"${clip(type, 60)}"`;
    throw new HTTPException(415, { message: `expected a content-type of application/json; found ${found}` });
  }
  const text = await req.text();
  const beyond = beyondBounds(text, STRANGERS_JSON);
  if (beyond) throw noJson(beyond);
  try {
    return parseJson(text);
  } catch (error) {
    throw noJson(text.trim() === '' ? 'found nothing' : clip(causeOf(error)));
  }
}

function noJson(detail: string): GatewayError {
  const details = { errors: [{ pointer: '#', detail }] };
  return new GatewayError('INVALID_ARGUMENTS', `body: expected JSON; ${detail}`, { details });
}

function noObject(found: string): GatewayError {
  const detail = `expected an object; found ${found}`;
  return new GatewayError('INVALID_ARGUMENTS', `body: ${detail}`, { details: { errors: [{ pointer: '#', detail }] } });
}
