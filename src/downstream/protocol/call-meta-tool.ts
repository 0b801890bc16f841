import { sound } from '../../broker/results/sound.ts';
import type { ToolResult } from '../../core/call.ts';
import { causeOf, clip, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { INVALID_PARAMS, RpcFailure } from '../../core/rpc.ts';
import type { Logger } from '../../platform/log.ts';
import { errorResult } from './error-result.ts';
import { findMetaTool, META_TOOLS, type MetaCall } from './meta-tools.ts';
import { parseInput } from './parse-input.ts';

/** JSON-RPC code by which a 2025-era server asks its client to open a URL first: clients act on it, models cannot. */
const URL_ELICITATION_REQUIRED = -32_042;

/** Answers `tools/call`: failures of ours are results, so that the model reads them; an unknown tool is an error. */
export async function callMetaTool(params: JsonObject, call: MetaCall, log: Logger): Promise<ToolResult> {
  const { name, arguments: input } = params;
  const tool = typeof name === 'string' ? findMetaTool(name) : undefined;
  if (!tool) {
    const names = META_TOOLS.map((each) => each.name).join(', ');
    throw new RpcFailure({
      code: INVALID_PARAMS,
      message: `Unknown tool ${typeof name === 'string' ? `"${clip(name)}"` : '(its name is no text)'}; there are ${names}`,
    });
  }
  try {
    const takesAny = call.context.peer?.takesInputRequired;
    return await sound(await tool.run(parseInput(tool, input), call), takesAny);
  } catch (error) {
    const { code, message, data } = upstreamErrorIn(error);
    if (code === URL_ELICITATION_REQUIRED) throw new RpcFailure({ code, message: String(message), data });
    if (!(error instanceof GatewayError)) {
      log.error('internal error', { tool: tool.name, error: causeOf(error), stack: (error as Error).stack });
    }
    return errorResult(error);
  }
}

function upstreamErrorIn(error: unknown): JsonObject {
  const upstream = error instanceof GatewayError ? error.details.upstream : undefined;
  return isJsonObject(upstream) ? upstream : {};
}
