import type { JsonObject } from '../../../../src/core/json.ts';
import type { OfferedTool } from '../../../hosts/model-dialect.ts';
import { original as searchTechnique } from '../../searchers.ts';
import { definitionOf, type ToolAnswer } from '../scene.ts';
import { type Arm, invoked, type OpenArm } from './arm.ts';

const id = { type: 'string', description: 'Tool id, as returned by search' };
const args = { type: 'object', description: 'Arguments of the tool' };

/** The five tools of a plain design: names and descriptions are searched, schemas are described, tools are invoked. */
const TOOLS: readonly OfferedTool[] = [
  offered('search', 'Search the tools of all connected MCP servers.', ['query'], {
    query: { type: 'string', description: 'What to search for' },
    limit: { type: 'integer', description: 'Maximum number of results (default 10)' },
  }),
  offered('describe', 'Get the full definition of a tool, with its input schema.', ['id'], { id }),
  offered('invoke', 'Invoke a tool and wait for its result.', ['id'], { id, args }),
  offered('invoke_async', 'Invoke a tool in the background. Returns a job id.', ['id'], { id, args }),
  offered('job_status', 'Get the state and the result of a job.', ['jobId'], { jobId: { type: 'string' } }),
];

/** The project that this one succeeds, as far as a model sees it: its search, its answers, its five tools. */
export const original: OpenArm = async (scene): Promise<Arm> => {
  const search = await searchTechnique(scene.tools);
  const byId = new Map(scene.tools.map((tool) => [tool.id, tool]));
  const jobs: ToolAnswer[] = [];

  const runs: Record<string, (input: JsonObject) => Promise<ToolAnswer>> = {
    search: async ({ query, limit }) => {
      const count = typeof limit === 'number' ? Math.max(1, limit) : undefined;
      const hits = (await search(String(query ?? ''))).slice(0, count);
      const results = hits.flatMap((hit) => {
        const tool = byId.get(hit);
        return tool
          ? [{ id: hit, server: tool.server, name: tool.name, description: firstLine(tool.description) }]
          : [];
      });
      return json({ found: results.length, results });
    },
    describe: async ({ id: wanted }) => {
      const tool = byId.get(String(wanted));
      return tool
        ? json({ id: tool.id, server: tool.server, ...definitionOf(tool) })
        : fault(`Unknown tool: ${wanted}`);
    },
    invoke: async (input) => {
      const call = invoked('invoke', input);
      return call && byId.has(call.id) ? scene.call(call) : fault(`Unknown tool: ${input.id}`);
    },
    invoke_async: async (input) => {
      const answer = await runs.invoke?.(input);
      return json({ jobId: `job_${answer ? jobs.push(answer) : 0}`, status: 'queued' });
    },
    job_status: async ({ jobId }) => {
      const answer = jobs[Number(String(jobId).replace('job_', '')) - 1];
      return answer ?? fault(`Unknown job: ${jobId}`);
    },
  };
  return {
    instructions: '',
    tools: TOOLS,
    meant: invoked,
    call: async (name, input) => runs[name]?.(input) ?? fault(`Unknown tool: ${name}`),
  };
};

function offered(name: string, description: string, required: string[], properties: JsonObject): OfferedTool {
  return { name, description, inputSchema: { type: 'object', properties, required } };
}

const firstLine = (description: unknown) =>
  String(description ?? '')
    .trim()
    .split('\n')[0] ?? '';
const json = (value: JsonObject): ToolAnswer => ({ text: JSON.stringify(value), isError: false });
const fault = (text: string): ToolAnswer => ({ text, isError: true });
