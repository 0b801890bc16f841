import type { Environment } from './substitute.ts';

/** An environment that knows which of its variables were asked for. */
export interface RecordedEnvironment {
  readonly env: Environment;
  /** Names asked for so far, set or not; undefined if somebody has asked for all of them. */
  readonly asked: () => readonly string[] | undefined;
}

/** Wraps an environment so that it records the names of the variables that are read. */
export function recordedEnvironment(env: Environment): RecordedEnvironment {
  const names = new Set<string>();
  let all = false;
  const note = (name: string | symbol) => {
    if (typeof name === 'string') names.add(name);
  };
  const recorded = new Proxy(env, {
    get(target, name) {
      note(name);
      return Reflect.get(target, name);
    },
    has(target, name) {
      note(name);
      return Reflect.has(target, name);
    },
    getOwnPropertyDescriptor(target, name) {
      note(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    ownKeys(target) {
      all = true;
      return Reflect.ownKeys(target);
    },
  });
  return { env: recorded, asked: () => (all ? undefined : [...names].sort()) };
}
