import type { ServerConfig } from '../../../src/config/schema.ts';
import { type CallTool, LOCAL, type ToolCall } from '../../../src/core/call.ts';
import { type ToolDefinition, toolId } from '../../../src/core/tool.ts';
import { createLogger } from '../../../src/platform/log.ts';
import { Trust } from '../../../src/policy/trust/trust.ts';
import { READ } from '../servers/changing-server.ts';
import { temporaryDirectory } from '../servers/fixture.ts';

export function serverEntry(more: object = {}): ServerConfig {
  const common = { enabled: true, tags: [], expose: { resources: true, prompts: true }, start: 'auto' as const };
  return { key: 'u', type: 'local', command: ['server'], environment: {}, ...common, ...more } as ServerConfig;
}

/** A gateway's trust in one server; each `Trust` of a directory is a gateway. */
export function trustingGateway(dataDirectory?: string, more: object = {}) {
  const lines: string[] = [];
  let servers = [serverEntry(more)];
  const log = createLogger((line) => lines.push(line));
  const guard = new Trust({ dataDirectory, log, config: () => ({ servers, settings: { pin: false } }) });
  const entryOf = (definition: ToolDefinition, server: string) => {
    return { id: toolId(server, definition.name), server, tags: [], definition };
  };
  return {
    guard,
    lines,
    becomes: (...entries: readonly object[]) => {
      servers = entries.map(serverEntry);
    },
    lists: (...tools: readonly ToolDefinition[]) => guard.listed('u', tools),
    remarks: (definition: ToolDefinition, server = 'u') => guard.remarks(entryOf(definition, server)),
    /** A call as the broker makes it: admitted first. */
    call: async (definition: ToolDefinition, called: CallTool = () => Promise.resolve({})) => {
      const call: ToolCall = { tool: entryOf(definition, 'u'), args: {}, startedAt: 0, timeoutMs: 1 };
      const context = { caller: LOCAL, signal: new AbortController().signal };
      await guard.admit?.(call, context);
      return guard.policy(called)(call, context);
    },
  };
}

/** A directory in which `read` was seen. */
export async function seenBefore(more: object = {}, ...tools: readonly ToolDefinition[]): Promise<string> {
  const directory = temporaryDirectory();
  const first = trustingGateway(directory, more);
  first.lists(...(tools.length > 0 ? tools : [READ]));
  await first.guard.close();
  return directory;
}
