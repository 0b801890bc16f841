import * as z from 'zod';
import type { JobView } from '../../../broker/broker.ts';
import type { ServerView } from '../../../broker/server-views.ts';
import { strict } from '../../../config/schema-helpers.ts';
import { MAX_TIMER_MS } from '../../../core/abort.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { RequestRecord } from '../../../observe/request-log.ts';
import { PROBLEMS } from '../request/problem.ts';

const MILLISECONDS = `expected milliseconds, above 0 and at most ${MAX_TIMER_MS}`;
const epochMs = z.int().min(0).describe('Epoch milliseconds.');
const text = z.string('expected a text').min(1, 'expected a text that is not empty');

/** Any JSON object, passed on uncloned: a clone could lose a key such as `__proto__`, or take it for the prototype. */
const anyObject = z
  .custom<JsonObject>(isJsonObject, 'expected an object')
  .meta({ override: { type: 'object', additionalProperties: true } });

/** The parameter of paths that end with an id. */
export const idParam = strict({ id: text });

/** A query parameter that may be given several times. */
export const repeated = z.preprocess(
  (given) => (given === undefined ? given : [given].flat()),
  z.array(text).optional(),
);

/** A whole number in a query, where it is text. */
export function wholeNumber(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z.coerce.number(expected).int(expected).min(min, expected).max(max, expected);
}

/** A moment in a query, as epoch milliseconds. */
export const moment = z
  .string()
  .refine((given) => Number.isSafeInteger(momentOf(given)), 'expected an ISO 8601 time, or epoch milliseconds')
  .meta({ examples: ['2026-11-20T08:00:00Z', '1795161600000'] })
  .transform(momentOf);

function momentOf(given: string): number {
  if (/^\d+$/.test(given)) return Number(given);
  return /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
}

/** Body of a call: the tool and its arguments. */
export const callBody = strict({
  tool: text.describe('Id of the tool (`server::name`), or its bare name where only one server has it.'),
  server: text.optional().describe('Key of the server; decides where several have a tool of that name.'),
  arguments: anyObject.nullish().describe('Arguments as in the input schema of the tool.'),
  timeoutMs: z
    .number(MILLISECONDS)
    .positive(MILLISECONDS)
    .max(MAX_TIMER_MS, MILLISECONDS)
    .optional()
    .describe("Deadline in milliseconds; absent: the server's own, else 30 s, for a job an hour."),
}).meta({ id: 'Call' });

/** Body of a call in the background. */
export const jobBody = callBody
  .extend({ priority: z.number('expected a number').optional().describe('Higher runs first; 0 where absent.') })
  .meta({ id: 'JobRequest' });

export const server = z
  .object({
    id: z.string().describe('Its key in the configuration.'),
    type: z.enum(['local', 'remote', 'unknown']),
    tags: z.array(z.string()),
    description: z.string().optional(),
    status: z.enum(['idle', 'connecting', 'ready', 'failing', 'needs_auth', 'closed', 'misconfigured', 'disabled']),
    available: z.boolean().describe('Whether its tools can be called now, if need be after its start.'),
    tools: z.int().min(0).describe('Number of its tools, as far as known.'),
    error: z.string().optional().describe('Why it cannot be asked.'),
  })
  .meta({ id: 'Server' }) satisfies z.ZodType<{ -readonly [K in keyof Omit<ServerView, 'tags'>]: ServerView[K] }>;

export const servers = z.object({ servers: z.array(server) }).meta({ id: 'Servers' });

/** The server's own definition, with where the tool lives. */
export const tool = z
  .looseObject({
    id: z.string().describe('`server::name`; what a call takes as `tool`.'),
    server: z.string(),
    tags: z.array(z.string()).optional(),
    available: z.boolean().optional().describe('Whether it can be called now; told of a single tool.'),
    match: z.enum(['strong', 'weak']).optional().describe('How well it fits; with `q` only, and if any tool seems to.'),
    name: z.string(),
    description: z.string().optional(),
    inputSchema: z.looseObject({}).describe('JSON Schema of the arguments.'),
  })
  .meta({ id: 'Tool', description: "The server's own definition of a tool, unchanged, with where it lives." });

export const tools = z
  .object({
    tools: z.array(tool),
    found: z.int().min(0).describe('Number of all that fit.'),
    next: z.string().optional().describe('`cursor` of the next page.'),
    unavailable: z
      .array(z.looseObject({ server: z.string(), state: z.string() }))
      .optional()
      .describe('Servers that could have held the answer and cannot be asked now.'),
    hint: z.string().optional(),
  })
  .meta({ id: 'Tools' });

/** Result of a tool, as its server sent it. */
export const toolResult = z
  .looseObject({
    content: z.array(z.looseObject({ type: z.string() })),
    structuredContent: z.unknown().optional(),
    isError: z.boolean().optional().describe('The tool says that it failed: a result all the same.'),
  })
  .meta({ id: 'ToolResult', description: 'The `CallToolResult` of MCP, exactly as the server sent it.' });

export const job = z
  .object({
    jobId: z.string(),
    tool: z.string().describe('Id of the tool.'),
    status: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']),
    priority: z.number(),
    position: z.int().min(1).optional().describe('Place in the queue; 1 is the next to run.'),
    progress: z.looseObject({ progress: z.number() }).optional().describe('The latest that the tool reported.'),
    timings: z.object({
      submittedAt: epochMs,
      startedAt: epochMs.optional(),
      endedAt: epochMs.optional(),
    }),
    result: toolResult.optional().describe('Once it has ended: what the tool answered.'),
    error: z
      .object({ code: z.string(), message: z.string() })
      .optional()
      .describe('Why the gateway could not make the call.'),
  })
  .meta({ id: 'Job' });

/** A job as its caller sees it. */
export function jobRecord({ job: own, position }: JobView): z.input<typeof job> {
  const { owner: _, timings, ...rest } = own;
  // The result is passed on as the server sent it, unchecked.
  return { ...rest, ...(position !== undefined && { position }), timings: { ...timings } } as z.input<typeof job>;
}

const requestRecord = z
  .object({
    id: z.string(),
    at: epochMs,
    caller: z.string(),
    tags: z.array(z.string()).optional(),
    session: z.string().optional(),
    tool: z.string(),
    server: z.string().optional().describe('Absent: the tool is unknown.'),
    background: z.boolean(),
    durationMs: z.number(),
    outcome: z.enum(['ok', 'tool_error', ...(Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[])]),
    argumentBytes: z.int().min(0),
    resultBytes: z.int().min(0),
    arguments: z.looseObject({}).optional().describe('Where the gateway is told to keep them.'),
  })
  .meta({ id: 'Request' }) satisfies z.ZodType<{
  -readonly [K in keyof Omit<RequestRecord, 'tags'>]: RequestRecord[K];
}>;

export const requests = z
  .object({ requests: z.array(requestRecord), next: z.string().optional().describe('`cursor` of the next page.') })
  .meta({ id: 'Requests' });

export const health = z
  .object({ status: z.enum(['ok', 'unavailable']), reasons: z.array(z.string()).optional() })
  .meta({ id: 'Health' });

export const metrics = z.looseObject({}).meta({ id: 'Metrics' });

export const problemSchema = z
  .looseObject({
    type: z.string().describe('A URN made of the code.'),
    title: z.string(),
    status: z.int().min(400),
    detail: z.string().describe('Place, cause and cure.'),
    code: z.string().describe('What programs should look at.'),
    instance: z.string().optional().describe('Id of the request.'),
    errors: z
      .array(z.looseObject({ detail: z.string(), pointer: z.string().optional(), parameter: z.string().optional() }))
      .optional()
      .describe('Each place in the request that is wrong.'),
    candidates: z.array(z.string()).optional().describe('Ids of the tools that may be meant.'),
  })
  .meta({ id: 'Problem', description: 'An RFC 9457 problem document.' });
