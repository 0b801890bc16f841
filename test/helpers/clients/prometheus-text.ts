/** One line of a Prometheus text that is no comment. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric and its samples. */
export interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"`;
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{(${LABEL}(?:,${LABEL})*)\})? (-?[0-9.]+(?:e[+-]?\d+)?|\+Inf)$`);
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { histogram: ['_bucket', '_sum', '_count'] };
const ESCAPED: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/** Reads the text format as strictly as its description; throws on any line that it does not allow. */
export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let help: { name: string; text: string } | undefined;
  let current: { name: string; family: Family } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = COMMENT.exec(line) ?? [];
    if (line === '') continue;
    if (kind === 'HELP') help = { name, text: rest };
    else if (kind === 'TYPE') {
      if (families.has(name) || help?.name !== name) throw new Error(`TYPE twice, or without HELP: ${line}`);
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) throw new Error(`unknown type: ${line}`);
      current = { name, family: { help: help.text, type: rest, samples: [] } };
      families.set(name, current.family);
    } else {
      const sample = parseSample(line);
      const names = (SUFFIXES[current?.family.type ?? ''] ?? ['']).map((suffix) => `${current?.name}${suffix}`);
      if (!names.includes(sample.name)) throw new Error(`not under its TYPE: ${line}`);
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(key)) throw new Error(`twice: ${line}`);
      seen.add(key);
      current?.family.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): Sample {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  const pairs = [...labels.matchAll(/([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', quoted = '']) => {
    return [key, quoted.replace(/\\[\\"n]/g, (found) => ESCAPED[found] ?? found)] as const;
  });
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`a label twice: ${line}`);
  return { name, labels: Object.fromEntries(pairs), value: Number(value?.replace('+Inf', 'Infinity')) };
}
