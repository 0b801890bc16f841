import { resolve } from 'node:path';
import type { JsonObject } from '../../core/json.ts';
import type { ListName } from '../../upstream/resources/lists.ts';
import { align, type Cell } from '../terminal/align.ts';
import { type Paint, paintFor } from '../terminal/paint.ts';
import { askPrimitives, isRefusal, notListed, type PrimitivesArguments, primitivesOptions } from './ask-primitives.ts';
import { writeResult } from './calling/write-result.ts';
import { type LocalGateway, withGateway } from './local-gateway.ts';
import { isForPeople, jsonText, misused, type Terminal } from './terminal.ts';

/** A command about what servers have beside tools, with the words and options that a person gave. */
export interface PrimitivesCommand {
  readonly kind: 'resource' | 'prompt';
  readonly lists: readonly ListName[];
  readonly args: PrimitivesArguments;
  readonly terminal: Terminal;
}

/** How it is written, in a table for people. */
export interface PrimitivesTable {
  readonly header: readonly [string, string];
  row(item: JsonObject, paint: Paint): readonly Cell[];
}

/** Runs the command over a gateway of its own, unless `wrong` says what is. Resolves with the exit code. */
export async function withPrimitives(
  { kind, lists, args, terminal }: PrimitivesCommand,
  wrong: string | undefined,
  run: (local: LocalGateway, answerMs: () => number) => Promise<void>,
): Promise<number> {
  const options = primitivesOptions(args, lists);
  const name = `${kind}s`;
  if (typeof options === 'string') return misused(terminal, name, options);
  if (wrong !== undefined) return misused(terminal, name, wrong);
  return withGateway(name, options.gateway, terminal, async (local) => {
    await run(local, options.answerMs);
    return 0;
  });
}

/** What is wrong with the verb, and with the words behind `list`; undefined: nothing. */
export function wrongVerb({ kind, args }: PrimitivesCommand, expected: string): string | undefined {
  const [verb = 'list', name] = args.words;
  if (verb === 'list')
    return name === undefined ? undefined : `found ${JSON.stringify(name)} after list, expected options`;
  if (verb !== 'get' && verb !== 'read') return `found ${JSON.stringify(verb)}, expected list or ${expected}`;
  const what = kind === 'prompt' ? 'prompt' : 'uri';
  return name === undefined ? `${verb} names no ${what}; mcp-gateway ${kind}s lists them` : undefined;
}

/** Writes what servers list: as a table, or as JSON under the names that the protocol has. */
export function writeLists(
  { kind, args, terminal }: PrimitivesCommand,
  lists: Readonly<Record<string, readonly JsonObject[]>>,
  { header, row }: PrimitivesTable,
): void {
  terminal.write(isForPeople(args, terminal) ? tableOf(Object.values(lists).flat()) : jsonText(lists));

  function tableOf(items: readonly JsonObject[]): string {
    if (items.length === 0) return `No ${kind}s.\n`;
    const paint = paintFor(terminal);
    const heads = [...header, ''].map((text) => ({ text, paint: paint.dim }));
    return `${align([heads, ...items.map((item) => row(item, paint))], terminal.columns).join('\n')}\n`;
  }
}

/** What a server answers about one of them. Of what none lists it is said that it is not: a server's own words are often none. */
export async function askForOne(
  { kind, terminal }: PrimitivesCommand,
  local: LocalGateway,
  request: { readonly method: string; readonly params: JsonObject; readonly name: string; readonly answerMs: number },
  listed: () => Promise<readonly string[]>,
): Promise<JsonObject> {
  try {
    return await askPrimitives(local, request.method, request.params, request.answerMs);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const names = await listed();
    throw names.includes(request.name) ? error : notListed(kind, request.name, names, local, terminal);
  }
}

/** Writes the answer: as JSON, or its blocks; what is no text goes into files whose names begin with `file`. */
export async function writeAnswer(
  { args: { json, output = '.' }, terminal }: PrimitivesCommand,
  answer: { readonly result: JsonObject; readonly content: readonly unknown[]; readonly file: string },
): Promise<void> {
  if (json) return terminal.write(jsonText(answer.result));
  const folder = resolve(terminal.cwd, output);
  await writeResult({ content: [...answer.content] }, { tool: answer.file, folder }, terminal);
}
