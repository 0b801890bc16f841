import { isIP } from 'node:net';
import { type ConfigProblem, describeFound } from './diagnostic.ts';
import type { PermissionRule } from './permissions.ts';
import { type GatewaySettings, settingsSchema } from './settings.ts';
import type { Environment } from './substitute.ts';

/** Settings after the overrides by the environment, and the faults of these overrides. */
export interface Overridden {
  readonly settings: GatewaySettings;
  readonly problems: readonly ConfigProblem[];
}

interface Override {
  readonly setting: 'port' | 'host' | 'logLevel';
  /** Returns the value of a text; undefined if the text is invalid. */
  readonly read: (text: string) => unknown;
  readonly expected: string;
}

const LEVELS = settingsSchema.shape.logLevel.unwrap().options;

/** The variables that override a setting of the file. */
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

/** Returns the fault of a command-line option for a setting, as `found …, expected …`; undefined if there is none. */
export function wrongSetting(setting: 'port' | 'host', text: string): string | undefined {
  const override = Object.values(OVERRIDES).find((each) => each.setting === setting);
  const isRight = settingsSchema.shape[setting].safeParse(override?.read(text.trim()) ?? null).success;
  return isRight ? undefined : `found --${setting} ${JSON.stringify(text)}, expected ${override?.expected}`;
}

/** True for a host name. A text of digits and dots only is a mistyped address. */
function isHostName(text: string): boolean {
  return /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(text) && !/^[\d.]+$/.test(text);
}

/** With the value `client`, rules do not ask before a call, because the client is trusted to ask a person each time. */
const WHO_ASKS = 'MCP_GATEWAY_ASK';

/**
 * Applies `MCP_GATEWAY_PORT`, `MCP_GATEWAY_HOST` and `MCP_GATEWAY_LOG_LEVEL` to the settings of the file, and
 * `MCP_GATEWAY_ASK` to its rules. An unset or empty variable has no effect. A wrong value is an error that names the
 * variable, and the setting stays.
 */
export function overrideSettings(settings: GatewaySettings, env: Environment): Overridden {
  const written: Partial<GatewaySettings> = {};
  const problems: ConfigProblem[] = [];
  for (const [variable, { setting, read, expected }] of Object.entries(OVERRIDES)) {
    const text = env[variable]?.trim();
    if (!text) continue;
    const value = read(text);
    // Null, because the schema would replace undefined by the default.
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
