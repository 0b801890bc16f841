/**
 * Matches references that the gateway fills in or that a shell expands, `$(command)` included, and their escaped forms.
 */
const REFERENCE =
  /\{\{(?:env|secret|file):(?:[^{}\n]|\$\{[^{}]*\})*\}\}|\$?\$\{(?:[^{}]|\{[^{}]*\})*\}|\{(?:env|secret|file|input):[^{}\n]*\}|\$\((?:[^()]|\([^()]*\))*\)/g;
/**
 * First of the characters that stand for references during a search: in the private use area, which no configuration
 * uses.
 */
const FIRST = 0xe000;
/** First of the characters that stand for escaped references: `$${X}` and `{{env:X}}` are literals. */
const FIRST_LITERAL = 0xf100;
const HOLDER = /[\ue000-\uf8ff]/g;
const DOUBLED = /\{(\{(?:env|secret|file):(?:[^{}\n]|\$\{[^{}]*\})*\})\}/g;

/**
 * A text in which one character stands for each reference, so that a search for secrets does not match within
 * references.
 */
export class HeldText {
  readonly text: string;
  readonly #held = new Map<string, string>();

  /** `reread` returns the text that replaces a reference of the original text when it is released. */
  constructor(text: string, reread: (reference: string) => string) {
    this.text = text.replace(HOLDER, '�').replace(REFERENCE, (reference) => this.hold(reread(reference)));
  }

  hold(reference: string): string {
    const first = /^(?:\$\$\{|\{\{)/.test(reference) ? FIRST_LITERAL : FIRST;
    const holder = String.fromCharCode(first + this.#held.size);
    this.#held.set(holder, reference);
    return holder;
  }

  /** Returns the text with its references in place of their characters. */
  released(text: string): string {
    return text.replace(HOLDER, (holder) => this.#held.get(holder) ?? holder);
  }
}

/** Returns `$(command)` with its command rewritten; undefined if the reference has another form. */
export function inSubstitution(reference: string, rewrite: (script: string) => string): string | undefined {
  return reference.startsWith('$(') ? `$(${rewrite(reference.slice(2, -1))})` : undefined;
}

export function holdsReference(text: string): boolean {
  return /[\ue000-\uf0ff]/.test(text);
}

/** Removes the escapes from a text: returns what a program receives if nothing is filled in. */
export function withoutMarks(text: string): string {
  return text.replaceAll('$${', '${').replace(DOUBLED, '$1');
}
