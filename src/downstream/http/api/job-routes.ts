import { strict } from '../../../config/schema-helpers.ts';
import { json, jsonResponse, type Route, route } from './route.ts';
import { idParam, job, jobBody, jobRecord, wholeNumber } from './schemas.ts';
import { namedTool } from './tool-lookup.ts';

/** Longest wait for the end of a job, in ms, as for `job_status`: proxies give up on a silent request after 60 s. */
const MAX_WAIT_MS = 50_000;

const TIMINGS = { submittedAt: 1_795_161_600_000 };
const EXAMPLE = {
  jobId: 'job_0f8fad5bd9cb469fa16570867728950e',
  tool: 'github::create_issue',
  status: 'queued',
  priority: 0,
  position: 1,
  timings: TIMINGS,
};

/** Calls in the background. A job belongs to the caller that started it; for other callers it does not exist. */
export const JOB_ROUTES: readonly Route[] = [
  route({
    method: 'post',
    path: '/jobs',
    operationId: 'startJob',
    tag: 'jobs',
    summary: 'Call a tool in the background',
    body: jobBody,
    examples: { id: { tool: 'github::create_issue', arguments: { title: 'A title' }, priority: 5 } },
    answers: {
      202: {
        description: 'The job, which has been taken on.',
        headers: { Location: 'Where the job can be asked for.' },
        content: json(job, EXAMPLE),
      },
    },
    codes: ['TOOL_NOT_FOUND', 'AMBIGUOUS_TOOL', 'QUEUE_FULL', 'UPSTREAM_NEEDS_AUTH', 'CANCELLED'],
    run: async ({ body, http, parts }) => {
      const { caller } = http.var;
      const id = await namedTool(body, caller, parts);
      const { timeoutMs, priority = 0 } = body;
      const args = body.arguments ?? {};
      const context = { caller, signal: http.req.raw.signal };
      const view = await parts.broker.invokeAsync({ id, args, timeoutMs, priority }, context);
      return jsonResponse(http, jobRecord(view), 202, { location: `${http.req.path}/${view.job.jobId}` });
    },
  }),
  route({
    method: 'get',
    path: '/jobs/{id}',
    operationId: 'getJob',
    tag: 'jobs',
    summary: 'A job, with its result once it has ended',
    params: idParam,
    query: strict({
      waitMs: wholeNumber(0, MAX_WAIT_MS).default(0).describe('Wait as long for its end, in milliseconds.'),
    }),
    answers: {
      200: {
        description: 'The job as it stands.',
        content: json(job, {
          ...{ ...EXAMPLE, position: undefined, status: 'completed' },
          timings: { ...TIMINGS, startedAt: 1_795_161_600_004, endedAt: 1_795_161_601_250 },
          result: { content: [{ type: 'text', text: 'Created issue 42.' }] },
        }),
      },
    },
    codes: ['JOB_NOT_FOUND'],
    run: async ({ params, query, http, parts }) => {
      const context = { caller: http.var.caller, signal: http.req.raw.signal };
      const status = { jobId: params.id, waitMs: query.waitMs, cancel: false };
      return jsonResponse(http, jobRecord(await parts.broker.jobStatus(status, context)));
    },
  }),
  route({
    method: 'delete',
    path: '/jobs/{id}',
    operationId: 'cancelJob',
    tag: 'jobs',
    summary: 'Cancel a job',
    description: 'One that has ended stays as it is.',
    params: idParam,
    answers: {
      200: { description: 'The job.', content: json(job, { ...EXAMPLE, position: undefined, status: 'cancelled' }) },
    },
    codes: ['JOB_NOT_FOUND'],
    run: async ({ params, http, parts }) => {
      const context = { caller: http.var.caller, signal: http.req.raw.signal };
      return jsonResponse(
        http,
        jobRecord(await parts.broker.jobStatus({ jobId: params.id, waitMs: 0, cancel: true }, context)),
      );
    },
  }),
];
