import type { Environment } from '../config/substitute.ts';

/** Names of variables for values, each value under one name and each name for one value. */
export class SecretNames {
  readonly #env: Environment;
  readonly #values = new Map<string, string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** A reference to the variable that shall hold the value: the first name, or the second, that holds no other. */
  refer(value: string, name: string, otherwise: string): string {
    let chosen = this.#isFree(name, value) ? name : otherwise;
    for (let count = 2; !this.#isFree(chosen, value); count++) chosen = `${otherwise}_${count}`;
    this.#values.set(chosen, value);
    return `\${${chosen}}`;
  }

  /** The value that a name was given; undefined: none. */
  valueOf(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** Every value that has a name. */
  values(): readonly string[] {
    return [...this.#values.values()];
  }

  /** Gives a name that somebody else has chosen its value; false: it has another. */
  take(name: string, value: string): boolean {
    if (!this.#isFree(name, value)) return false;
    this.#values.set(name, value);
    return true;
  }

  #isFree(name: string, value: string): boolean {
    const taken = this.#values.get(name) ?? (this.#env[name] || value);
    return taken === value;
  }
}
