import { STATUS_CODES } from 'node:http';
import {
  createDocument,
  type ZodOpenApiContentObject,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import type { ErrorCode } from '../../../core/errors.ts';
import { VERSION } from '../../../version.ts';
import { PROBLEMS, type Problem, problemType } from '../request/problem.ts';
import type { Answer, Route } from './route.ts';
import { problemSchema } from './schemas.ts';

const ABOUT =
  'One endpoint for the tools of all MCP servers behind the gateway. Every failure is an RFC 9457 problem document; programs should look at its `code`.';

const TAGS = [
  { name: 'servers', description: 'Configured servers.' },
  { name: 'tools', description: 'Finding and calling tools.' },
  { name: 'jobs', description: 'Calls in the background.' },
  { name: 'monitoring', description: 'What went through the gateway.' },
  { name: 'about', description: 'The gateway and its API.' },
] satisfies { name: Route['tag']; description: string }[];

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key or a JSON Web Token.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
} as const;

/** Security requirement of every operation, by `auth.strategy`. */
const SECURITY: Record<'none' | 'api-key' | 'jwt', Record<string, string[]>[]> = {
  none: [],
  'api-key': [{ bearer: [] }, { apiKey: [] }],
  jwt: [{ bearer: [] }],
};

/** Codes that any operation may answer: for an unknown parameter, from the steps before the routes, for a defect. */
const ANYWHERE: readonly ErrorCode[] = [
  'INVALID_ARGUMENTS',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'INTERNAL',
];
/** Statuses of refused bodies: too long, or of a wrong type. */
const OF_BODIES = [413, 415];

const EXTRA_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'WWW-Authenticate': 'How to authenticate.' },
  429: { 'Retry-After': 'Seconds until another request is let through.' },
  503: { 'Retry-After': 'Seconds until another try is worth while, where known.' },
};

/** The OpenAPI 3.1 document of a table of routes, made from the schemas that check their requests. */
export function openApi(routes: readonly Route[], strategy: keyof typeof SECURITY): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const row of routes) paths[row.path] = { ...paths[row.path], [row.method]: operation(row) };
  const document: ZodOpenApiObject = {
    openapi: '3.1.1',
    info: { title: 'mcp-gateway', version: VERSION, description: ABOUT, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/api/v1' }],
    security: SECURITY[strategy],
    tags: TAGS,
    paths,
    components: { securitySchemes: SECURITY_SCHEMES },
  };
  return createDocument(document, { override: ({ jsonSchema }) => withoutLimitsOfNumbers(jsonSchema) });
}

/** Zod gives every integer the bounds of safe integers in JavaScript. They are no rule of this API. */
function withoutLimitsOfNumbers(schema: { minimum?: number; maximum?: number }): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

function operation(row: Route): ZodOpenApiOperationObject {
  const { operationId, tag, summary, description, params, query, body, examples = {} } = row;
  const content: ZodOpenApiContentObject = {
    'application/json': {
      schema: body,
      examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])),
    },
  };
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...((params ?? query) && { requestParams: { ...(params && { path: params }), ...(query && { query }) } }),
    ...(body && { requestBody: { required: true, content } }),
    responses: { ...problems(row), ...answers(row) },
  };
}

function answers(row: Route): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(Object.entries(row.answers).map(([status, answer]) => [status, response(answer)]));
}

function response({ description, content, headers }: Answer): ZodOpenApiResponseObject {
  const media = Object.entries(content).map(([type, { schema, example }]) => [
    type,
    {
      schema: schema ?? { type: type === 'application/json' ? 'object' : 'string' },
      ...(example !== undefined && { example }),
    },
  ]);
  return { description, content: Object.fromEntries(media), ...(headers && { headers: described(headers) }) };
}

/** The problems of an operation, by status. */
function problems(row: Route): Record<string, ZodOpenApiResponseObject> {
  const codes = [...new Set([...ANYWHERE, ...row.codes])];
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))];
  const those = (status: number) => codes.filter((code) => PROBLEMS[code].status === status);
  const ofCodes = statuses.map((status) => [status, problemResponse(status, those(status))]);
  const ofBodies = row.body ? OF_BODIES.map((status) => [status, problemResponse(status, [])]) : [];
  return Object.fromEntries([...ofCodes, ...ofBodies]);
}

function problemResponse(status: number, codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const [first] = codes;
  const description = first
    ? codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' ')
    : `${STATUS_CODES[status]}.`;
  const headers = EXTRA_HEADERS[status];
  return {
    description,
    ...(headers && { headers: described(headers) }),
    content: { 'application/problem+json': { schema: problemSchema, ...(first && { example: example(first) }) } },
  };
}

function example(code: ErrorCode): Problem {
  return { type: problemType(code), ...PROBLEMS[code], detail: 'What exactly, and what to do about it.', code };
}

function described(headers: Readonly<Record<string, string>>) {
  const each = ([name, description]: [string, string]) => [name, { description, schema: { type: 'string' as const } }];
  return Object.fromEntries(Object.entries(headers).map(each));
}
