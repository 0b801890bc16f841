/** Names that the gateway fills in, and what a shell expands itself, by running it too: neither is a literal. */
const REFERENCE =
  /\{\{(?:env|secret|file):(?:[^{}\n]|\$\{[^{}]*\})*\}\}|\$?\$\{(?:[^{}]|\{[^{}]*\})*\}|\{(?:env|secret|file|input):[^{}\n]*\}|\$\((?:[^()]|\([^()]*\))*\)/g;
/** Characters that stand for references while a text is looked at: of the private use area, which no configuration uses. */
const FIRST = 0xe000;
/** The same for what only reads like one: `$${X}` and `{{env:X}}` are literals. */
const FIRST_LITERAL = 0xf100;
const HOLDER = /[\ue000-\uf8ff]/g;
const DOUBLED = /\{(\{(?:env|secret|file):(?:[^{}\n]|\$\{[^{}]*\})*\})\}/g;

/** A text whose references are out of the way: what looks for secrets sees one character for each. */
export class HeldText {
  readonly text: string;
  readonly #held = new Map<string, string>();

  /** `reread` gives what shall stand in place of a reference that is there already. */
  constructor(text: string, reread: (reference: string) => string) {
    this.text = text.replace(HOLDER, '�').replace(REFERENCE, (reference) => this.hold(reread(reference)));
  }

  hold(reference: string): string {
    const first = /^(?:\$\$\{|\{\{)/.test(reference) ? FIRST_LITERAL : FIRST;
    const holder = String.fromCharCode(first + this.#held.size);
    this.#held.set(holder, reference);
    return holder;
  }

  /** The text again, with its references. */
  released(text: string): string {
    return text.replace(HOLDER, (holder) => this.#held.get(holder) ?? holder);
  }
}

/** `$(command)` with its command rewritten; undefined: the reference is none of a shell. */
export function inSubstitution(reference: string, rewrite: (script: string) => string): string | undefined {
  return reference.startsWith('$(') ? `$(${rewrite(reference.slice(2, -1))})` : undefined;
}

export function holdsReference(text: string): boolean {
  return /[\ue000-\uf0ff]/.test(text);
}

/** A text as it is meant, without what marks a literal in it: so it is where nothing is filled in. */
export function withoutMarks(text: string): string {
  return text.replaceAll('$${', '${').replace(DOUBLED, '$1');
}
