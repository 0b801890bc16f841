import { isJsonObject, type JsonObject } from '../../core/json.ts';

const BAR_WIDTH = 20;

/** A progress notification on one line: a bar where it is known how much there is to do, else a count. */
export function progressText({ progress, total, message }: JsonObject): string {
  const text = typeof message === 'string' ? `  ${message}` : '';
  if (typeof progress !== 'number') return text.trim();
  if (typeof total !== 'number' || !(total > 0)) return `${figure(progress)} done${text}`;
  const share = Math.min(1, Math.max(0, progress / total));
  const full = Math.round(share * BAR_WIDTH);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${figure(progress)}/${figure(total)}${text}`;
}

function figure(number: number): string {
  return String(Math.round(number * 100) / 100);
}

/** The text of a log message of a server on one line: level, logger, data. */
export function logText(params: JsonObject): string {
  const { level, logger, data } = params;
  const text =
    typeof data === 'string'
      ? data
      : isJsonObject(data) && typeof data.message === 'string'
        ? data.message
        : JSON.stringify(data);
  const from = typeof logger === 'string' ? `${logger}: ` : '';
  return `[${typeof level === 'string' ? level : 'log'}] ${from}${text}`;
}
