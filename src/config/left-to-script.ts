import type { ScriptKind } from './command-words.ts';
import { maySet } from './script-variables.ts';
import type { Reference } from './substitute.ts';

/** What is known outside of a script. */
export interface Known {
  /** Whether an environment, that of the entry or ours, has a variable. */
  readonly isSet: (name: string) => boolean;
  readonly isSecret: (name: string) => boolean;
  readonly isFile: (path: string) => boolean;
}

/** People and `import` write names so: in code the others are members and formats. */
const NAME_OF_OURS = /^[A-Z][A-Z\d_]*$/;
/** What can only be meant as a path. */
const PATH = /^(?:~|\.{1,2}|[A-Za-z]:|\$\{\w+\})?[\\/][^\s"'`()+]*$/;

/**
 * What a script is to find as it is written: variables that it may set, those that nobody else knows, and what only looks
 * like a reference: `{file: name}` is an object of JavaScript, `${env:X}` a variable of PowerShell.
 */
export function leftToScript(kind: ScriptKind, script: string, known: Known): (reference: Reference) => boolean {
  return ({ form, name }) => {
    const isUnknown = () => !known.isSet(name) && !known.isSecret(name);
    if (form === 'plain') return known.isSet(name) ? maySet(script, name, kind) : !known.isSecret(name);
    // No other knows this form: there it is of a client.
    if (form === 'env') return kind === 'powershell' && (isUnknown() || maySet(script, `env:${name}`, kind));
    if (form === 'file') return !PATH.test(name) && !known.isFile(name);
    return !NAME_OF_OURS.test(name) && (form === 'secret' ? !known.isSecret(name) : isUnknown());
  };
}
