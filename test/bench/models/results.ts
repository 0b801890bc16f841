import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { isJsonObject, parseJsonObject } from '../../../src/core/json.ts';
import type { ArmName } from './arms/arm.ts';
import type { Conversation } from './conversation.ts';
import type { Call } from './scene.ts';
import type { Score } from './score.ts';

/** What a run is: a task by an arm in a catalog of a size. `print` stands for all else that decides what comes of it. */
export interface RunKey {
  readonly task: string;
  readonly arm: ArmName;
  readonly size: number;
  readonly model: string;
  readonly print: string;
}

/** A finished run, as its line in the file has it. */
export interface Result
  extends RunKey,
    Score,
    Pick<Conversation, 'ending' | 'text' | 'turns' | 'tokensIn' | 'tokensOut' | 'counted'> {
  readonly searches: number;
  readonly describes: number;
  readonly received: readonly Call[];
  readonly seconds: number;
}

/** Two runs with one name are the same. */
const nameOf = ({ task, arm, size, model, print }: RunKey): string => JSON.stringify([task, arm, size, model, print]);

/** Results as JSON lines in a file, of which a rerun takes those that it would get again. */
export class ResultFile {
  readonly #path: string;
  readonly #results = new Map<string, Result>();

  constructor(path: string) {
    this.#path = path;
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    for (const line of text.split('\n')) {
      const result = resultIn(line);
      if (result) this.#results.set(nameOf(result), result);
    }
    // A run that was killed leaves a torn line: the next one begins after it.
    if (text !== '' && !text.endsWith('\n')) appendFileSync(path, '\n');
  }

  of(key: RunKey): Result | undefined {
    return this.#results.get(nameOf(key));
  }

  add(result: Result): void {
    this.#results.set(nameOf(result), result);
    appendFileSync(this.#path, `${JSON.stringify(result)}\n`);
  }
}

/** A torn line, or one of something else, is nothing. */
function resultIn(line: string): Result | undefined {
  const value = parseJsonObject(line);
  const isResult = isJsonObject(value) && typeof value.print === 'string' && typeof value.ending === 'string';
  return isResult ? (value as unknown as Result) : undefined;
}
