import { isIP } from 'node:net';
import { type ConfigProblem, describeFound } from './diagnostic.ts';
import type { PermissionRule } from './permissions.ts';
import { type GatewaySettings, settingsSchema } from './settings.ts';
import type { Environment } from './substitute.ts';

/** Settings with what the environment says over them, and what of that is wrong. */
export interface Overridden {
  readonly settings: GatewaySettings;
  readonly problems: readonly ConfigProblem[];
}

interface Override {
  readonly setting: 'port' | 'host' | 'logLevel';
  /** The value that a text means; undefined where it means none. */
  readonly read: (text: string) => unknown;
  readonly expected: string;
}

const LEVELS = settingsSchema.shape.logLevel.unwrap().options;

/** Each variable that counts more than the file. */
const OVERRIDES: Readonly<Record<string, Override>> = {
  MCP_GATEWAY_PORT: {
    setting: 'port',
    read: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
    expected: 'a whole number from 0 to 65535',
  },
  MCP_GATEWAY_HOST: {
    setting: 'host',
    read: (text) => (isIP(text) > 0 || isHostName(text) ? text : undefined),
    expected: 'an address or a host name, such as 127.0.0.1, 0.0.0.0, :: or localhost',
  },
  MCP_GATEWAY_LOG_LEVEL: {
    setting: 'logLevel',
    read: (text) => text,
    expected: `one of ${LEVELS.map((level) => JSON.stringify(level)).join(', ')}`,
  },
};

/** The fault of an option for a setting, as `found …, expected …`; undefined: nothing. */
export function wrongSetting(setting: 'port' | 'host', text: string): string | undefined {
  const override = Object.values(OVERRIDES).find((each) => each.setting === setting);
  const isRight = settingsSchema.shape[setting].safeParse(override?.read(text.trim()) ?? null).success;
  return isRight ? undefined : `found --${setting} ${JSON.stringify(text)}, expected ${override?.expected}`;
}

/** Digits and dots alone would be a mistyped address. */
function isHostName(text: string): boolean {
  return /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(text) && !/^[\d.]+$/.test(text);
}

/** With `client` the client is trusted to ask a person before every call: the rules need not. */
const WHO_ASKS = 'MCP_GATEWAY_ASK';

/**
 * `MCP_GATEWAY_PORT`, `MCP_GATEWAY_HOST` and `MCP_GATEWAY_LOG_LEVEL` over the settings of the file, and `MCP_GATEWAY_ASK`
 * over its rules. Unset or empty, a variable says nothing; with a wrong value it is an error that names it, and the
 * settings keep what they have.
 */
export function overrideSettings(settings: GatewaySettings, env: Environment): Overridden {
  const written: Partial<GatewaySettings> = {};
  const problems: ConfigProblem[] = [];
  for (const [variable, { setting, read, expected }] of Object.entries(OVERRIDES)) {
    const text = env[variable]?.trim();
    if (!text) continue;
    const value = read(text);
    // Undefined would be the default to the schema.
    const result = settingsSchema.shape[setting].safeParse(value ?? null);
    if (result.success) Object.assign(written, { [setting]: result.data });
    else problems.push(ignored(variable, text, expected));
  }
  const asker = env[WHO_ASKS]?.trim();
  if (asker && asker !== 'client') problems.push(ignored(WHO_ASKS, asker, '"client"'));
  const permissions = asker === 'client' ? settings.permissions.map(askedByClient) : settings.permissions;
  return { settings: { ...settings, ...written, permissions }, problems };
}

function askedByClient(rule: PermissionRule): PermissionRule {
  return rule.action === 'ask' ? { ...rule, action: 'allow' } : rule;
}

function ignored(variable: string, text: string, expected: string): ConfigProblem {
  const message = `the variable ${variable}: found ${describeFound(text)}, expected ${expected}; it is ignored`;
  return { severity: 'error', message };
}
