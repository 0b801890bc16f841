import { type Copy, DockerfileParser, Env, From, type Instruction, JSONInstruction, Label } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';

/** One instruction of a Dockerfile, as the builder would read it. */
export interface Step {
  /** In capitals. */
  readonly keyword: string;
  /** `--name=value` before the arguments. */
  readonly flags: Readonly<Record<string, string>>;
  /** Without flags; the strings of the exec form, else words. */
  readonly args: readonly string[];
  readonly execForm: boolean;
  /** Arguments as one line, without comments and continuations. */
  readonly text: string;
}

/** From one FROM to the next. */
export interface Stage {
  readonly image: string;
  readonly name: string | undefined;
  readonly steps: readonly Step[];
}

/** Everything that the linter has against it, as `line: message`. */
export function lint(text: string): string[] {
  return validate(text).map(({ range, message }) => `${range.start.line + 1}: ${String(message)}`);
}

/** The stages in their order; throws where something stands before the first FROM. */
export function parseDockerfile(text: string): Stage[] {
  const stages: (Stage & { steps: Step[] })[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction instanceof From) stages.push(stageOf(instruction));
    else if (stages.length === 0) throw new Error(`${instruction.getKeyword()} before FROM`);
    else stages.at(-1)?.steps.push(stepOf(instruction));
  }
  return stages;
}

function stageOf(from: From): Stage & { steps: Step[] } {
  return { image: from.getImage() ?? '', name: from.getBuildStage() ?? undefined, steps: [] };
}

function stepOf(instruction: Instruction): Step {
  const strings = instruction instanceof JSONInstruction ? instruction.getJSONStrings() : [];
  const execForm = strings.length > 0;
  const args = execForm ? strings.map((string) => string.getJSONValue()) : wordsOf(instruction);
  return { keyword: instruction.getKeyword(), flags: flagsOf(instruction), args, execForm, text: args.join(' ') };
}

function wordsOf(instruction: Instruction): string[] {
  if (instruction instanceof Env || instruction instanceof Label)
    return instruction.getProperties().map((property) => `${property.getName()}=${property.getValue()}`);
  return instruction.getArguments().map((argument) => argument.getValue());
}

/** Only some instructions can have flags. */
function flagsOf(instruction: Instruction): Record<string, string> {
  const flags = 'getFlags' in instruction ? (instruction as Copy).getFlags() : [];
  return Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? '']));
}
