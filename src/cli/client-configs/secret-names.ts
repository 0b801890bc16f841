import type { Environment } from '../../config/substitute.ts';

/** Where values shall be kept: in our file of secrets, or in the environment of whoever starts the gateway. */
export type Keeping = 'secrets' | 'environment';

/** Names for values, each value under one name and each name for one value. */
export class SecretNames {
  readonly #taken: Environment;
  readonly #keeping: Keeping;
  readonly #values = new Map<string, string>();

  /** `taken`: what the place where they are kept holds already. */
  constructor(taken: Environment, keeping: Keeping = 'environment') {
    this.#taken = taken;
    this.#keeping = keeping;
  }

  /** A reference to the value: by the first name, or the second, that holds no other. */
  refer(value: string, name: string, otherwise: string): string {
    let chosen = this.#isFree(name, value) ? name : otherwise;
    for (let count = 2; !this.#isFree(chosen, value); count++) chosen = `${otherwise}_${count}`;
    this.#values.set(chosen, value);
    return this.reference(chosen);
  }

  /** Every value that has a name. */
  values(): readonly string[] {
    return [...this.#values.values()];
  }

  /** The values that a text refers to, by their names. */
  in(text: string): ReadonlyMap<string, string> {
    return new Map([...this.#values].filter(([name]) => text.includes(this.reference(name))));
  }

  /** Gives a name that somebody else has chosen its value; false: it has another. */
  take(name: string, value: string): boolean {
    if (!this.#isFree(name, value)) return false;
    this.#values.set(name, value);
    return true;
  }

  /** What is kept must count whatever the environment of a later start holds: `${NAME}` would ask that first. */
  reference(name: string): string {
    return this.#keeping === 'secrets' ? `{secret:${name}}` : `\${${name}}`;
  }

  #isFree(name: string, value: string): boolean {
    const taken = this.#values.get(name) ?? (this.#taken[name] || value);
    return taken === value;
  }
}
