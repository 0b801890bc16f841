import * as z from 'zod';
import { MAX_TIMER_MS } from '../core/abort.ts';
import { headerProblem } from '../core/header.ts';
import { unknownKeys } from './finding.ts';

/** An object that names each key it does not know, with the nearest one it does. Messages of the schemas say what is expected. */
export function strict<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, Object.keys(shape)) : undefined),
  });
}

export const strings = z.array(z.string().min(1), 'an array of strings');
export const count = z.int('a whole number above 0').positive('a whole number above 0');
const scalar = z.union([z.string(), z.number(), z.boolean()], 'a string, number or boolean').transform(String);
/** What people write for an argument: text, or a bare number or boolean that becomes text. */
export const words = z.array(scalar, 'a non-empty array of strings');
/** The same for environment variables and headers; null is as if it were not written. */
export const textMap = z
  .record(z.string(), z.union([scalar, z.null()], 'a string, number or boolean'))
  .transform((map) =>
    Object.fromEntries(Object.entries(map).flatMap(([name, text]) => (text === null ? [] : [[name, text]]))),
  );

/** Text that a header can carry. */
export const headerText = z.string().superRefine((text, context) => {
  const message = headerProblem('authorization', text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** Headers as they can be sent. */
export const headerMap = textMap.superRefine((headers, context) => {
  for (const [name, value] of Object.entries(headers)) {
    const message = headerProblem(name, value);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
  }
});

/** A time in milliseconds that a timer can take. */
export const timer = count.max(MAX_TIMER_MS, `at most ${MAX_TIMER_MS}`);

/** What clients get beside tools. */
export const expose = strict({
  resources: z.boolean().default(true).describe('Resources and their templates.'),
  prompts: z.boolean().default(true).describe('Prompts.'),
});

/** Whether a text is a URL of one of these schemes. */
export function hasScheme(text: string, schemes: readonly string[]): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1));
}
