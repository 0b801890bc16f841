import type { JobView } from '../../broker/broker.ts';
import type { ResultPart } from '../../broker/results/result-store.ts';
import { sound } from '../../broker/results/sound.ts';
import type { ToolResult } from '../../core/call.ts';
import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** What `invoke_async` answers. */
export function jobTicket({ job, position }: JobView): ToolResult {
  return textBlock({ jobId: job.jobId, status: job.status, ...(position !== undefined && { position }) });
}

/** What `job_status` answers: the job as JSON in a first block; then, once finished, the upstream's result as it came. */
export async function jobResult({ job, position }: JobView, takesAny = false): Promise<ToolResult> {
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

/** A part of a result kept for its size: where it stands as JSON in a first block, then the part of the text. */
export function resultPart({ text, ...where }: ResultPart): ToolResult {
  return { content: [...textBlock({ ...where }).content, { type: 'text', text }] };
}

function textBlock(value: JsonObject): ToolResult & { content: unknown[] } {
  return { content: [{ type: 'text', text: writeJson(value) }] };
}
