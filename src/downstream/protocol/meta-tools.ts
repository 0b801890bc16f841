import * as z from 'zod';
import type { Broker, InvokeRequest, JobView } from '../../broker/broker.ts';
import type { ResultPart } from '../../broker/results/result-store.ts';
import { sound } from '../../broker/results/sound.ts';
import type { CallContext, ProtocolParams, ToolResult } from '../../core/call.ts';
import { clip, GatewayError } from '../../core/errors.ts';
import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { writtenAnswer } from '../../core/unwritable.ts';
import type { SessionServices } from './session-services.ts';

/** A call of a meta-tool, without its input. */
export interface MetaCall {
  readonly services: SessionServices;
  readonly context: CallContext;
  readonly protocol: ProtocolParams;
}

/** One of the five tools that the gateway offers. */
export interface MetaTool {
  readonly name: string;
  /** Description for the model: every word costs tokens in every session. */
  readonly description: string;
  readonly input: z.ZodType<unknown>;
  readonly readOnly: boolean;
  /** True if the result holds a server's own text, which may be large. */
  readonly largeResult: boolean;
  readonly run: (input: unknown, call: MetaCall) => Promise<ToolResult>;
}

/** Longest `job_status` wait in ms: hosts give up on a silent call after 60 s. */
const MAX_WAIT_MS = 50_000;
const MAX_DESCRIBED = 10;
const MAX_QUERIES = 5;

/** Arguments of a tool. They are never cloned, so that no key is lost or becomes a prototype. */
const args = z.custom<JsonObject>(isJsonObject, 'expected an object with the arguments of the tool');

const id = z.string().min(1);
const timeoutMs = z.number().positive();

const oneOrMore = z.union([z.string(), z.array(z.string())]);

const searchInput = z.strictObject({
  query: z
    .union([z.string(), z.array(z.string()).max(MAX_QUERIES)])
    .default('')
    .meta({ description: 'what you want to do, in a few words; or several such' }),
  limit: z.number().int().min(1).max(50).default(10),
  offset: z.number().int().min(0).optional(),
  filters: z
    .strictObject({
      server: oneOrMore.optional(),
      tags: z.array(z.string()).optional(),
      readOnly: z.boolean().optional(),
    })
    .optional(),
});
const describeInput = z.strictObject({ id: z.union([id, z.array(id).min(1).max(MAX_DESCRIBED)]) });
const invokeInput = z.strictObject({
  id,
  args: args.optional(),
  timeoutMs: timeoutMs.optional().meta({ description: 'default 30000' }),
  waitMs: z.number().min(0).optional().meta({ description: 'after this, answer a jobId and go on in the background' }),
});
const invokeAsyncInput = z.strictObject({
  id,
  args: args.optional(),
  priority: z.number().default(0),
  timeoutMs: timeoutMs.optional(),
});
const jobStatusInput = z.strictObject({
  jobId: z.string().min(1),
  waitMs: z.number().min(0).max(MAX_WAIT_MS).default(0),
  cancel: z.boolean().default(false),
  offset: z.number().int().min(0).optional().meta({ description: 'of a result kept for its size' }),
});

/** Characters of a query and entries of a filter that are read; more would only cost time. */
const MAX_QUERY_CHARS = 4_000;
const MAX_FILTERS = 200;

function shorten({ query, filters, ...rest }: z.output<typeof searchInput>): z.output<typeof searchInput> {
  const short = (text: string) => text.slice(0, MAX_QUERY_CHARS);
  const few = <T extends string | string[] | undefined>(list: T) =>
    Array.isArray(list) ? list.slice(0, MAX_FILTERS) : list;
  return {
    ...rest,
    query: Array.isArray(query) ? query.map(short) : short(query),
    ...(filters && { filters: { ...filters, server: few(filters.server), tags: filters.tags?.slice(0, MAX_FILTERS) } }),
  };
}

/** The five tools, in the order in which they are listed. */
export const META_TOOLS: readonly MetaTool[] = [
  metaTool({
    name: 'search',
    description:
      'Find tools by what they do. Gives the id and call signature (`?` = optional) of each. An empty query lists the servers; with filters.server, its tools.',
    input: searchInput,
    readOnly: true,
    largeResult: false,
    run: async (input, { services: { broker, discovered }, context }) => {
      await discovered?.();
      return jsonResult(await broker.search(shorten(input), context.caller));
    },
  }),
  metaTool({
    name: 'describe',
    description: 'Full definition of a tool, or of up to 10. Only needed when its signature does not suffice.',
    input: describeInput,
    readOnly: true,
    largeResult: true,
    run: async (input, { services: { broker }, context }) => {
      if (typeof input.id === 'string') return jsonResult(await broker.describe(input.id, context.caller));
      return jsonResult({ tools: await Promise.all(input.id.map((each) => describeOne(each, broker, context))) });
    },
  }),
  metaTool({
    name: 'invoke',
    description: 'Call a tool by id with args as in its signature. Answers with its own result.',
    input: invokeInput,
    readOnly: false,
    largeResult: true,
    run: (input, { services: { broker, invokeWaitMs }, context, protocol }) => {
      const request = { ...input, args: input.args ?? {}, protocol };
      const waitMs = input.waitMs ?? invokeWaitMs();
      return waitMs === undefined ? broker.invoke(request, context) : invokeWithin(broker, request, waitMs, context);
    },
  }),
  metaTool({
    name: 'invoke_async',
    description: 'Call a tool in the background, for long or parallel work. Gives a jobId. Higher priority runs first.',
    input: invokeAsyncInput,
    readOnly: false,
    largeResult: false,
    run: async (input, { services: { broker }, context, protocol: { meta } }) => {
      const request = { ...input, args: input.args ?? {}, protocol: { meta } };
      const resumed = context.tracking?.jobId;
      if (resumed !== undefined) return jobTicket(broker.resumeJob(resumed, request, context));
      return jobTicket(await broker.invokeAsync(request, context));
    },
  }),
  metaTool({
    name: 'job_status',
    description: 'State of a job, with its result once finished. waitMs waits for the end; cancel stops it.',
    input: jobStatusInput,
    readOnly: true,
    largeResult: true,
    run: async (input, { services: { broker, results, multiRound }, context }) => {
      if (results.has(input.jobId)) return resultPart(results.read(input.jobId, input.offset));
      const takesAny = context.peer?.takesInputRequired;
      const status = broker.jobStatus(input, context).then((view) => jobResult(view, takesAny));
      const asked = multiRound.askedByJob(input.jobId);
      // An open question of the job goes before its state; a question that comes up during the wait ends the wait.
      return asked ? Promise.race([asked, status]) : status;
    },
  }),
];

/** Names that older AGENTS.md files use: understood, but not listed. */
const ALIASES: Record<string, string> = { 'gateway.invoke_status': 'job_status' };

/** The meta-tool of that name or alias. */
export function findMetaTool(name: string): MetaTool | undefined {
  const own = Object.hasOwn(ALIASES, name) ? ALIASES[name] : name.replace(/^gateway\./, '');
  return META_TOOLS.find((tool) => tool.name === own);
}

/** Result size in characters that Claude Code accepts before it cuts (its documented maximum). */
const MAX_RESULT_CHARS = 500_000;

let definitions: readonly JsonObject[] | undefined;

/** The tools of `tools/list`. Built once, so that they stay byte-identical within a session and prompt caches hold. */
export function metaToolDefinitions(): readonly JsonObject[] {
  definitions ??= META_TOOLS.map(({ name, description, input, readOnly, largeResult }) => ({
    name,
    description,
    inputSchema: inputSchema(input),
    ...(readOnly && { annotations: { readOnlyHint: true } }),
    _meta: {
      // Without it Claude Code hides the tool behind its own tool search.
      'anthropic/alwaysLoad': true,
      ...(largeResult && { 'anthropic/maxResultSizeChars': MAX_RESULT_CHARS }),
    },
  }));
  return definitions;
}

/** Schema keywords that serve our own validation only: they are not listed, as each costs tokens in every session. */
const UNLISTED_KEYWORDS = ['additionalProperties', 'minLength', 'minItems', 'exclusiveMinimum', 'minimum'] as const;

function inputSchema(input: z.ZodType): JsonObject {
  const { $schema: _, ...schema } = z.toJSONSchema(input, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === args) jsonSchema.type = 'object';
      for (const keyword of UNLISTED_KEYWORDS) delete jsonSchema[keyword];
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return schema;
}

/** The definition of one of several tools, or its error: an unknown tool does not fail the others. */
async function describeOne(id: string, broker: Broker, { caller }: CallContext): Promise<JsonObject> {
  try {
    return await broker.describe(id, caller);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { id: clip(id), error: error.message };
  }
}

function metaTool<Input>(
  tool: Omit<MetaTool, 'input' | 'run'> & {
    readonly input: z.ZodType<Input>;
    readonly run: (input: Input, call: MetaCall) => Promise<ToolResult>;
  },
): MetaTool {
  // Callers pass `run` only the value that `input` has parsed.
  return { ...tool, run: (input, call) => tool.run(input as Input, call) };
}

/**
 * A result of the gateway: compact JSON in one text block, without `structuredContent`, which some hosts would show
 * instead.
 */
function jsonResult(answer: JsonObject): ToolResult {
  return { content: [{ type: 'text', text: writtenAnswer(answer) }] };
}

async function invokeWithin(broker: Broker, request: InvokeRequest, waitMs: number, context: CallContext) {
  const invoked = await broker.invokeWithin(request, waitMs, context);
  return 'result' in invoked ? invoked.result : jobTicket(invoked.handedOver);
}

/** The result of a call that became a job. */
function jobTicket({ job, position }: JobView): ToolResult {
  return textBlock({ jobId: job.jobId, status: job.status, ...(position !== undefined && { position }) });
}

/**
 * The result of `job_status`: the job as JSON in the first block; then, once it has finished, the tool's own content.
 */
async function jobResult({ job, position }: JobView, takesAny = false): Promise<ToolResult> {
  const { jobId, status, timings } = job;
  const state = textBlock({
    jobId,
    status,
    ...(position !== undefined && { position }),
    ...(job.status === 'running' && job.progress && { progress: job.progress }),
    ...(job.status === 'failed' && job.error && { error: job.error }),
    timings,
  });
  const given = 'result' in job ? job.result : undefined;
  if (!isJsonObject(given)) return state;
  const result = await sound(given, takesAny);
  const content = Array.isArray(result.content) ? result.content : [];
  return { ...result, content: [...state.content, ...content] };
}

/** A part of a result that was stored for its size: its position as JSON in the first block, then its text. */
function resultPart({ text, ...where }: ResultPart): ToolResult {
  return { content: [...textBlock({ ...where }).content, { type: 'text', text }] };
}

function textBlock(value: JsonObject): ToolResult & { content: unknown[] } {
  return { content: [{ type: 'text', text: writeJson(value) }] };
}
