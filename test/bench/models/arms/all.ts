import type { OfferedTool } from '../../../hosts/model-dialect.ts';
import type { Tool } from '../task.ts';
import type { Arm, OpenArm } from './arm.ts';

/** The longest name of a tool that both APIs take. */
const MAX_NAME_CHARS = 64;

/** All definitions are given to the model, as hosts do that have no tool search. */
export const all: OpenArm = async (scene): Promise<Arm> => {
  const byName = namesOf(scene.tools);
  const meant: Arm['meant'] = (name, args) => {
    const tool = byName.get(name);
    return tool && { id: tool.id, args };
  };
  return {
    instructions: '',
    tools: [...byName].map(([name, tool]) => offered(name, tool)),
    meant,
    call: async (name, input) => {
      const call = meant(name, input);
      return call ? scene.call(call) : { text: `Unknown tool: ${name}`, isError: true };
    },
  };
};

/** `server__tool` in the characters that APIs take; a number tells two of the same name apart. */
function namesOf(tools: readonly Tool[]): Map<string, Tool> {
  const names = new Map<string, Tool>();
  for (const tool of tools) {
    const plain = `${tool.server}__${tool.name}`.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_NAME_CHARS);
    const number = `_${names.size}`;
    const name = names.has(plain) ? `${plain.slice(0, MAX_NAME_CHARS - number.length)}${number}` : plain;
    names.set(name, tool);
  }
  return names;
}

function offered(name: string, { title, description, inputSchema }: Tool): OfferedTool {
  return { name, description: String(description ?? title ?? ''), inputSchema };
}
