import { countTokens } from 'gpt-tokenizer';

/** Tokens of a value as JSON, by o200k_base: within some tenths of what other models count. */
export function tokensOf(value: unknown): number {
  // A definition may spell a special token, which is plain text here.
  return countTokens(JSON.stringify(value) ?? '', { disallowedSpecial: new Set() });
}
