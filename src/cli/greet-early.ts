import { EarlyResponder } from '../downstream/stdio/early-responder.ts';
import { processOutput } from '../platform/process.ts';
import { recallIntroduction } from './remembered-introduction.ts';

/**
 * Answers the client as the last start did, if that is known and still right: what is loaded to find it out anew takes
 * as long as Node itself. Undefined: it is not known, or no client is served over stdio.
 */
export async function greetEarly(argv: readonly string[]): Promise<EarlyResponder | undefined> {
  const isCommand = /^[a-z][a-z-]*$/.test(argv[0] ?? '');
  const told = isCommand || process.stdin.isTTY ? undefined : recallIntroduction(argv);
  if (!told) return undefined;
  const { instructions, tools } = told;
  const responder = new EarlyResponder(process.stdin, processOutput(1), { instructions, tools: () => tools });
  await responder.heard();
  return responder;
}
