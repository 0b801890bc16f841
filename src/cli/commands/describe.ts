import { abortable } from '../../core/abort.ts';
import { GatewayError } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import type { JsonObject } from '../../core/json.ts';
import { descriptionText } from '../terminal/description-text.ts';
import { isForPeople, type Terminal } from '../terminal/terminal.ts';
import { jsonText } from '../terminal/text-layout.ts';
import { type CommandArguments, START_SECONDS, timeoutMs } from './command.ts';
import { checkIsUp, type LocalGateway, withGateway } from './local-gateway.ts';
import { forPeople, reportMisuse } from './report.ts';

/**
 * Implements `mcp-gateway describe <id…>`: shows definitions of tools. Resolves with the exit code: 0, 1 if one is
 * unknown, 2 misused.
 */
export async function describe(args: CommandArguments, terminal: Terminal): Promise<number> {
  const { words: ids, config } = args;
  if (ids.length === 0) return reportMisuse(terminal, 'describe', 'names no tool; mcp-gateway search finds their ids');
  const patienceMs = timeoutMs(args.timeout, START_SECONDS);
  if (typeof patienceMs === 'string') return reportMisuse(terminal, 'describe', patienceMs);
  return withGateway('describe', { config, tools: ids, patienceMs }, terminal, async (local) => {
    const described = await Promise.all(ids.map((id) => describeOne(id, local)));
    const known = described.filter((each): each is JsonObject => !(each instanceof GatewayError));
    for (const each of described)
      if (each instanceof GatewayError) terminal.writeError(`mcp-gateway describe: ${displayText(each.message)}\n`);
    if (isForPeople(args, terminal)) terminal.write(known.map((each) => descriptionText(each, terminal)).join('\n'));
    else if (known.length > 0) terminal.write(jsonText(ids.length === 1 ? known[0] : { tools: known }));
    return known.length < ids.length ? 1 : 0;
  });
}

async function describeOne(id: string, local: LocalGateway): Promise<JsonObject | GatewayError> {
  const { broker, caller, signal, catalog } = local;
  try {
    if (!catalog.get(id)) checkIsUp(id, local);
    return await abortable(broker.describe(id, caller), signal);
  } catch (error) {
    const told = forPeople(error);
    if (!(told instanceof GatewayError) || signal.aborted) throw error;
    return told;
  }
}
