import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { projectsIn, toolsOfClaude, verdictOfClaude } from './claude-code.ts';
import type { ClientHome, ToolRule, Verdict, WrittenServer } from './client.ts';
import { keptOut } from './gemini-cli.ts';
import { rulesOfOpencode } from './opencode.ts';
import { deniesFirst } from './tool-lists.ts';

/** What a file says of one of its servers beside the entry, in the words of whichever client has them. */
export function saidInFile(root: JsonObject, server: WrittenServer, home: ClientHome): Verdict {
  const { rules = [], ...claude } = verdictOfClaude(server, [root, ...projectsIn(root, home)]);
  const others = [
    ...rulesOfOpencode([root], server.key),
    ...rulesOfAmp(root, server.key),
    ...rulesOfCrush(root, server.key),
  ];
  return { ...claude, ...keptOut([root], server.key), rules: deniesFirst([...rules, ...others]) };
}

/** `amp.tools.disable`, and what `amp.permissions` reject or ask about, but for rules about arguments. */
function rulesOfAmp(root: JsonObject, key: string): readonly ToolRule[] {
  const { 'amp.tools.disable': disabled, 'amp.permissions': listed } = root;
  const rules = (Array.isArray(listed) ? listed : []).filter(isJsonObject);
  return [
    ...toolsOfClaude(disabled, key, 'deny'),
    ...rules.flatMap(({ tool, action, matches }) => {
      const ours = action === 'reject' ? 'deny' : action === 'ask' ? 'ask' : undefined;
      return ours === undefined || matches !== undefined ? [] : toolsOfClaude([tool], key, ours);
    }),
  ];
}

/** `options.disabled_tools`: tools are called after their server. */
function rulesOfCrush({ options }: JsonObject, key: string): readonly ToolRule[] {
  const names = isJsonObject(options) && Array.isArray(options.disabled_tools) ? options.disabled_tools : [];
  const start = `mcp_${key}_`;
  const tools = names.flatMap((name) =>
    typeof name === 'string' && name.startsWith(start) ? name.slice(start.length) : [],
  );
  return tools.length > 0 ? [{ tools, action: 'deny' }] : [];
}
