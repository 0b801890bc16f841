import * as z from 'zod';
import { strict } from './schema-helpers.ts';

/**
 * The moment at which a changed setting takes effect: at once, for sessions that begin later, or at the gateway's next
 * start.
 */
export type Applies = 'live' | 'session' | 'start';

/** The key of an `Applies` value in a schema's metadata, and so in the JSON Schema. */
const APPLIES_KEY = 'x-applies';

// Both exist in types only. At run time the metadata holds the same information.
declare const applies: unique symbol;
declare const members: unique symbol;

/** A setting whose type says when it takes effect. */
export interface Tagged<A extends Applies> {
  readonly [applies]: A;
}

type Setting = z.ZodType & Tagged<Applies>;
type Settings = Readonly<Record<string, Setting>>;

/** Settings under one name, each with its own tag. */
export interface Group<S extends Settings> {
  readonly [members]: S;
}

/** Settings and groups by name. A setting without a tag does not compile. */
type SettingsShape = Readonly<Record<string, Setting | (z.ZodType & Group<Settings>)>>;

/** Tags a setting that is read at each use, through a function. */
export function live<S extends z.ZodType>(schema: S): S & Tagged<'live'> {
  return tagged<S, 'live'>(schema, 'live');
}

/** Tags a setting that each session reads when it begins. */
export function perSession<S extends z.ZodType>(schema: S): S & Tagged<'session'> {
  return tagged<S, 'session'>(schema, 'session');
}

/** Tags a setting that is read once, when the gateway is composed. */
export function atStart<S extends z.ZodType>(schema: S): S & Tagged<'start'> {
  return tagged<S, 'start'>(schema, 'start');
}

function tagged<S extends z.ZodType, A extends Applies>(schema: S, when: A): S & Tagged<A> {
  return schema.meta({ [APPLIES_KEY]: when }) as S & Tagged<A>; // tags exist in types only
}

/** Settings under one name; each has a default or may be absent. */
export function group<S extends Settings>(description: string, shape: S) {
  const whole = strict(shape);
  const schema = whole.prefault({} as z.input<typeof whole>).describe(description); // so nothing is required
  return schema as typeof schema & Group<S>; // members exist in types only
}

/** Makes a schema of settings. The compiler requires a tag on each setting, or a group of tagged settings. */
export function taggedSettings<S extends SettingsShape>(shape: S) {
  return strict(shape);
}

type Part<S extends Settings, A extends Applies> = { [K in keyof S as S[K] extends Tagged<A> ? K : never]: S[K] };

type PartOf<S, A extends Applies> = S extends Tagged<A> ? S : S extends Group<infer M> ? GroupOf<Part<M, A>> : never;

type GroupOf<S extends z.ZodRawShape> = keyof S extends never ? never : z.ZodPrefault<z.ZodObject<S>>;

/** The settings of a shape that take effect at one of these moments, without the others. */
export type SettingsThat<S extends SettingsShape, A extends Applies> = z.output<
  z.ZodObject<{ [K in keyof S as PartOf<S[K], A> extends never ? never : K]: PartOf<S[K], A> }>
>;

/** Returns the key paths of the settings that take effect at that moment, in the order of the schema. */
export function settingsThat(when: Applies, shape: z.core.$ZodShape): readonly (readonly string[])[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const own = z.globalRegistry.get(schema)?.[APPLIES_KEY];
    if (own !== undefined) return own === when ? [[name]] : [];
    return settingsThat(when, membersOf(schema)).map((path) => [name, ...path]);
  });
}

function membersOf(schema: z.core.$ZodType): z.core.$ZodShape {
  const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : schema;
  return inner instanceof z.ZodObject ? inner.shape : {};
}
